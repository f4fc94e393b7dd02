-- Which roles run, by when each was last heard of: for people who ask why nothing moves. Deadlines go by enrichcore.receivers.
create table enrichcore.runners (
    runner_id uuid not null,
    role text not null,
    seen_at timestamptz not null,
    primary key (runner_id, role)
);
