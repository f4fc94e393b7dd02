-- Since when callbacks could be taken without interruption, for the deadlines of answers. Like pace it is no fact.
create table enrichcore.receivers (
    runner_id uuid primary key,
    up_since timestamptz not null,
    seen_at timestamptz not null
) with (fillfactor = 50);
