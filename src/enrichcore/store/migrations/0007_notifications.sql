-- What people are to be told of, and how far the log was looked through for it. A queue and no fact: it is not rebuilt; see
-- decision 0021.
create table enrichcore.notifications (
    -- Follows from what happened, so nothing is put in the queue twice.
    notification_id uuid primary key,
    notice text not null,
    -- The JSON that is sent.
    body text not null,
    made_at timestamptz not null default now(),
    due_at timestamptz not null default now(),
    attempts integer not null default 0,
    told_at timestamptz,
    given_up_at timestamptz,
    -- What went wrong last.
    trouble text not null default ''
) with (fillfactor = 70);
create index notifications_due on enrichcore.notifications (due_at) where told_at is null and given_up_at is null;

create table enrichcore.notified (
    only_one boolean primary key default true check (only_one),
    position bigint not null
);
