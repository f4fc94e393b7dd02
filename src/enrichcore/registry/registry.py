"""The registry: the whole configuration, looked up by composite keys.

Everything about a step is found by (workstream, workflow), and for a client by (client, workstream, workflow); the same
workflow may mean different things in two workstreams. Clients are known by slug and by uuid alike.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from uuid import UUID

from attrs import Factory, evolve, field, frozen

from enrichcore.domain.pipeline import Step
from enrichcore.fields import Rules
from enrichcore.registry.errors import UnknownClientError, UnknownWorkflowError, UnknownWorkstreamError
from enrichcore.registry.mappings import unchanging
from enrichcore.registry.settings import Client, LaneSettings, RunnerSettings, Webhook, Workstream


@frozen(kw_only=True)
class Registry:
    """What the configuration says; look-ups cost a few dictionary reads."""

    runner: RunnerSettings
    #: By slug, in the file's order.
    workstreams: Mapping[str, Workstream] = field(converter=unchanging)
    #: By slug, in the file's order.
    clients: Mapping[str, Client] = field(converter=unchanging)
    #: How answers become fields, and fields indicators.
    rules: Rules = Factory(Rules)
    _by_id: Mapping[UUID, Client] = field(init=False, repr=False, eq=False)

    @_by_id.default
    def _index(self) -> Mapping[UUID, Client]:
        return MappingProxyType({client.id: client for client in self.clients.values()})

    def client(self, slug_or_uuid: str | UUID) -> Client:
        """The client with that slug or uuid.

        Raises:
            UnknownClientError: There is none.
        """
        found = self.clients.get(slug_or_uuid) if isinstance(slug_or_uuid, str) else None
        client_id = None if found else _as_uuid(slug_or_uuid)
        if client_id is not None:
            found = self._by_id.get(client_id)
        if found is None:
            raise UnknownClientError(str(slug_or_uuid), self.clients)
        return found

    def workstream(self, slug: str) -> Workstream:
        """The workstream with that slug.

        Raises:
            UnknownWorkstreamError: There is none.
        """
        found = self.workstreams.get(slug)
        if found is None:
            raise UnknownWorkstreamError(slug, self.workstreams)
        return found

    def workflow(self, workstream: str, workflow: str) -> Step:
        """The step of that workflow in that workstream.

        Raises:
            UnknownWorkstreamError: There is no such workstream.
            UnknownWorkflowError: Its pipeline has no such workflow.
        """
        pipeline = self.workstream(workstream).pipeline
        step = pipeline.step(workflow)
        if step is None:
            raise UnknownWorkflowError(workflow, [known.workflow for known in pipeline.steps])
        return step

    def webhook(self, client: str | UUID, workstream: str, workflow: str) -> Webhook | None:
        """Where that client's rows go; None where the client has not said, and the step has no URL of its own.

        Raises:
            UnknownNameError: The client, the workstream or the workflow does not exist.
        """
        owner = self.client(client)
        self.workflow(workstream, workflow)
        return self._webhook(owner, workstream, workflow)

    def webhooks_of(self, client: Client) -> Iterator[tuple[str, str, Webhook]]:
        """Each (workstream, workflow) that a client's rows can be sent for, with where they go."""
        for stream in self.workstreams.values():
            for workflow in stream.lanes:
                webhook = self._webhook(client, stream.slug, workflow)
                if webhook is not None:
                    yield stream.slug, workflow, webhook

    def _webhook(self, owner: Client, workstream: str, workflow: str) -> Webhook | None:
        stream = self.workstreams[workstream]
        own, request = owner.webhooks.get((workstream, workflow)), stream.http.get(workflow)
        if own is not None or request is None:
            return own
        return Webhook(url=request.url, lane=own_lane(stream.lanes[workflow], owner.pace_group), request=request)

    def lane(self, client: str | UUID, workstream: str, workflow: str) -> LaneSettings:
        """Pace and caps for that client: the step's numbers, with the client's own in place.

        Raises:
            UnknownNameError: The client, the workstream or the workflow does not exist, or the step is local.
        """
        owner = self.client(client)
        self.workflow(workstream, workflow)
        webhook = owner.webhooks.get((workstream, workflow))
        if webhook is not None:
            return webhook.lane
        lanes = self.workstreams[workstream].lanes
        if workflow not in lanes:
            raise UnknownWorkflowError(workflow, lanes)
        return own_lane(lanes[workflow], owner.pace_group)


def own_lane(lane: LaneSettings, pace_group: str) -> LaneSettings:
    """The lane as one client has it: in the client's pace group, unless it names another."""
    return lane if lane.pace_group else evolve(lane, pace_group=pace_group)


def _as_uuid(name: str | UUID) -> UUID | None:
    if isinstance(name, UUID):
        return name
    try:
        return UUID(name)
    except ValueError:
        return None
