"""Custom workflow steps of the stand-in Slack: a workflow runs one, and the app says how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.slack_state import APP_ID, TEAM_ID, Json, SlackError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.slack_args import Arguments
    from bot.sandbox.slack_interactions import Interaction
    from bot.sandbox.slack_world import SlackWorld

_TOKEN: Final = "sandbox-verification-token"  # noqa: S105 - Slack's deprecated field, checked by nobody
_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
}


@dataclass(slots=True)
class Execution:
    """One run of a step."""

    id: str
    token: str = field(repr=False)
    """Good for this run only."""
    definition: Mapping[str, Any]
    """What the manifest says of the step."""
    outputs: Json | None = None
    error: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the app has said how it ended."""
        return self.outputs is not None or self.error is not None


@dataclass(slots=True)
class Executions:
    """Every run so far."""

    all: dict[str, Execution] = field(default_factory=dict)

    def tokens(self) -> frozenset[str]:
        """Return the tokens that are good for a run."""
        return frozenset(one.token for one in self.all.values())

    def begin(self, definition: Mapping[str, Any]) -> Execution:
        """Begin a run."""
        number = len(self.all) + 1
        made = Execution(f"Fx{number:08d}", f"xwfp-sandbox-{number}", definition)
        self.all[made.id] = made
        return made

    def ending(self, arguments: Arguments) -> Execution:
        """Return the run that is to end. Raises SlackError where there is none, or it has ended."""
        found = self.all.get(arguments.required("function_execution_id"))
        if found is None:
            raise SlackError("function_execution_not_found")
        if found.ended:
            raise SlackError("execution_not_in_running_state")
        return found


def complete_success(world: SlackWorld, arguments: Arguments) -> Json:
    """Run functions.completeSuccess: outputs are held to the step's definition."""
    execution = world.executions.ending(arguments)
    outputs = arguments.structure("outputs", "invalid_arguments")
    if not isinstance(outputs, dict):
        raise SlackError("invalid_arguments")
    declared = execution.definition["output_parameters"]
    missing = [name for name, one in declared.items() if one.get("is_required") and name not in outputs]
    wrong = [name for name, value in outputs.items() if name not in declared or not _fits(declared[name], value)]
    if missing or wrong:
        raise SlackError("parameter_validation_failed", errors=sorted([*missing, *wrong]))
    execution.outputs = outputs
    return {}


def complete_error(world: SlackWorld, arguments: Arguments) -> Json:
    """Run functions.completeError."""
    world.executions.ending(arguments).error = arguments.required("error")
    return {}


def run_step(
    world: SlackWorld, callback_id: str, definition: Mapping[str, Any], inputs: Mapping[str, Any]
) -> tuple[Execution, Interaction]:
    """Run a step as a workflow does; returns when the app has acknowledged.

    Raises LookupError for inputs that the definition does not know, or lacks.
    """
    declared = definition["input_parameters"]
    required = {name for name, one in declared.items() if one.get("is_required")}
    if not required <= inputs.keys() <= declared.keys():
        raise LookupError(f"the step takes {', '.join(declared)}")
    with world.lock:
        execution = world.executions.begin(definition)
        interaction = world.interaction(next(iter(world.rooms.users.values())))
        body = {
            "token": _TOKEN,
            "team_id": TEAM_ID,
            "api_app_id": APP_ID,
            "event": {
                "type": "function_executed",
                "function": _described(callback_id, definition),
                "inputs": dict(inputs),
                "function_execution_id": execution.id,
                "workflow_execution_id": f"Wx{execution.id[2:]}",
                "event_ts": f"{world.now():.6f}",
                "bot_access_token": execution.token,
            },
            "type": "event_callback",
            "event_id": f"Ev{interaction.id[:8].upper()}",
            "event_time": int(world.now()),
        }
    world.deliver(interaction, "events_api", body)
    return execution, interaction


def _described(callback_id: str, definition: Mapping[str, Any]) -> Json:
    return {
        "id": "Fn0SANDBOX",
        "callback_id": callback_id,
        "title": definition["title"],
        "description": definition.get("description", ""),
        "type": "app",
        "input_parameters": [{"name": name, **one} for name, one in definition["input_parameters"].items()],
        "output_parameters": [{"name": name, **one} for name, one in definition["output_parameters"].items()],
        "app_id": APP_ID,
        "date_updated": 1790000000,
    }


def _fits(declared: Mapping[str, Any], value: object) -> bool:
    kind = declared["type"]
    # bool is an int to Python and no number to Slack; every other type of Slack's is an id, and travels as text.
    return isinstance(value, _TYPES.get(kind, str)) and (kind == "boolean" or not isinstance(value, bool))
