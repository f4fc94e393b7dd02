-- What was sent and spent, counted with each commit, so that limits are kept without adding up rows; see decision 0014.
create table enrichcore.webhook_sends (
    -- Hash of the URL.
    webhook text primary key,
    -- POSTs that it took, or may have taken.
    sends bigint not null
) with (fillfactor = 50);

create table enrichcore.client_credits (
    client_id uuid not null,
    -- UTC, of the events.
    day date not null,
    -- Changes of that day: what is reserved now is the sum over all days.
    reserved numeric not null,
    spent numeric not null,
    primary key (client_id, day)
) with (fillfactor = 50);
