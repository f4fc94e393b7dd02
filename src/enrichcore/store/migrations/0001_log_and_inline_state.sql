-- The event log, and the state folded from it that queues and decisions read.
create table enrichcore.stored_events (
    position bigint generated always as identity primary key,
    originator_id uuid not null,
    originator_version integer not null,
    topic text not null,
    state bytea not null,
    recorded_at timestamptz not null,
    client_id uuid,
    entity_id uuid,
    batch_id uuid,
    unique (originator_id, originator_version)
);

create table enrichcore.runs (
    run_id uuid primary key,
    kind text not null,
    client_id uuid not null,
    batch_id uuid not null,
    person_id uuid,
    company_id uuid,
    workstream text not null,
    status text not null,
    gaps integer not null,
    in_doubt boolean not null,
    version integer not null,
    state bytea not null
) with (fillfactor = 70);
create index runs_by_batch on enrichcore.runs (batch_id, run_id) where kind = 'item';
create index runs_by_person on enrichcore.runs (person_id) where person_id is not null;
create index runs_active on enrichcore.runs (batch_id) where kind = 'item' and status = 'active';

create table enrichcore.step_runs (
    run_id uuid not null,
    step_no smallint not null,
    workflow text not null,
    workstream text not null,
    client_id uuid not null,
    batch_id uuid,
    lane_id uuid not null,
    state text not null,
    generation integer not null,
    attempt integer not null,
    wake_at timestamptz,
    company_run_id uuid,
    reason text not null,
    rank smallint,
    answered_at timestamptz,
    reserved numeric not null,
    spent numeric not null,
    primary key (run_id, step_no)
) with (fillfactor = 70);
-- One partial index per question, so that a million parked rows slow no claim.
create index step_runs_ready on enrichcore.step_runs (lane_id, wake_at, run_id) where state = 'ready';
create index step_runs_out on enrichcore.step_runs (lane_id)
    where state in ('sending', 'awaiting_answer', 'in_doubt');
create index step_runs_timed on enrichcore.step_runs (wake_at)
    where state in ('sending', 'awaiting_answer', 'in_doubt', 'retry_wait');
create index step_runs_by_company_run on enrichcore.step_runs (company_run_id, run_id)
    where company_run_id is not null;
create index step_runs_by_batch on enrichcore.step_runs (batch_id, workflow, state) where batch_id is not null;

create table enrichcore.batches (
    batch_id uuid primary key,
    client_id uuid not null,
    upload_id uuid not null,
    workstream text not null,
    status text not null,
    filled boolean not null,
    item_count integer not null,
    launched_at timestamptz not null,
    version integer not null,
    state bytea not null
);

create table enrichcore.lanes (
    lane_id uuid primary key,
    client_id uuid not null,
    workstream text not null,
    workflow text not null,
    stopped text not null,
    held_until timestamptz,
    version integer not null
);

-- Pace is no fact: it is not rebuilt.
create table enrichcore.pace (
    pace_group uuid primary key,
    tokens double precision not null,
    refilled_at timestamptz not null
) with (fillfactor = 50);

create table enrichcore.directory_keys (
    client_id uuid not null,
    kind text not null,
    value text not null,
    entity_id uuid not null,
    primary key (client_id, kind, value)
);
create index directory_keys_by_entity on enrichcore.directory_keys (entity_id);

create table enrichcore.directory_entities (
    entity_id uuid primary key,
    client_id uuid not null,
    kind text not null,
    since integer not null,
    merged_into uuid
);

create table enrichcore.upload_people (
    upload_id uuid not null,
    person_id uuid not null,
    company_id uuid,
    facts bytea not null,
    primary key (upload_id, person_id)
);

-- One round trip: lock, check, store events and inline state, hint. The lock makes commit order the order of positions,
-- so a reader that remembers the last position can never skip an event.
create function enrichcore.append_events(
    originator_ids uuid[], versions integer[], topics text[], states bytea[], ats timestamptz[],
    clients uuid[], entities uuid[], batch_ids uuid[],
    read_ids uuid[], read_versions integer[], wait_ids uuid[], wait_counts integer[],
    run_ids uuid[], run_kinds text[], run_clients uuid[], run_batches uuid[], run_persons uuid[], run_companies uuid[],
    run_workstreams text[], run_statuses text[], run_gaps integer[], run_doubts boolean[], run_versions integer[],
    run_states bytea[],
    step_ids uuid[], step_nos smallint[], step_workflows text[], step_workstreams text[], step_clients uuid[],
    step_batches uuid[], step_lanes uuid[], step_states text[], step_generations integer[], step_attempts integer[],
    step_wakes timestamptz[], step_companies uuid[], step_reasons text[], step_ranks smallint[],
    step_answered timestamptz[], step_reserved numeric[], step_spent numeric[]
) returns setof bigint language plpgsql as $$
begin
    -- Rows first, in order, then the log: the order that a claim takes them in too, so that the two cannot deadlock.
    perform from enrichcore.runs where run_id = any(run_ids) order by run_id for update;
    perform pg_advisory_xact_lock(4985317);
    if exists (
        select from unnest(read_ids, read_versions) as r(id, version)
        where r.version <> coalesce(
            (select max(originator_version) from enrichcore.stored_events where originator_id = r.id), 0)
    ) then
        raise exception 'a stream moved on since it was read' using errcode = 'serialization_failure';
    end if;
    if exists (
        select from unnest(wait_ids, wait_counts) as w(id, waits)
        where w.waits <> (
            select count(*) from enrichcore.step_runs
            where company_run_id = w.id and state = 'waiting_for_company')
    ) then
        raise exception 'another item began to wait' using errcode = 'serialization_failure';
    end if;
    return query
        insert into enrichcore.stored_events
            (originator_id, originator_version, topic, state, recorded_at, client_id, entity_id, batch_id)
        select * from unnest(originator_ids, versions, topics, states, ats, clients, entities, batch_ids)
        returning position;
    insert into enrichcore.runs as r
    select * from unnest(run_ids, run_kinds, run_clients, run_batches, run_persons, run_companies, run_workstreams,
        run_statuses, run_gaps, run_doubts, run_versions, run_states)
    on conflict (run_id) do update set
        batch_id = excluded.batch_id, company_id = excluded.company_id, workstream = excluded.workstream,
        status = excluded.status, gaps = excluded.gaps, in_doubt = excluded.in_doubt, version = excluded.version,
        state = excluded.state;
    insert into enrichcore.step_runs as s
    select * from unnest(step_ids, step_nos, step_workflows, step_workstreams, step_clients, step_batches, step_lanes,
        step_states, step_generations, step_attempts, step_wakes, step_companies, step_reasons, step_ranks,
        step_answered, step_reserved, step_spent)
    on conflict (run_id, step_no) do update set
        workflow = excluded.workflow, workstream = excluded.workstream, lane_id = excluded.lane_id,
        state = excluded.state, generation = excluded.generation, attempt = excluded.attempt,
        wake_at = excluded.wake_at, company_run_id = excluded.company_run_id, reason = excluded.reason,
        rank = excluded.rank, answered_at = excluded.answered_at, reserved = excluded.reserved, spent = excluded.spent;
    perform pg_notify('enrichcore', '');
end
$$;
