"""What the keys of our TOML files may be: the types that project and standard files share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]*$")]
AreaType = Annotated[str, StringConstraints(pattern=r"^[^|]+$")]
"""An area type, or one and a kind of place in it: `town`, `town:village`."""
ModeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\|[a-z][a-z0-9_]*)*$")]
"""A mode, or several of which the fastest counts: `walk`, `walk|cycle`."""
Status = Literal["official", "secondary", "unverified"]
Where = dict[str, str | int | float | bool | list[str | int | float]]


class Table(BaseModel):
    """A table of the project file. Unknown keys are refused, and text that should be a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
