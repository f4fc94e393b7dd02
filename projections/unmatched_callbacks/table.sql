-- Answers with the right secret that could not be placed.
create table enrichcore.unmatched_callbacks{suffix} (
    callback_id uuid primary key,
    client_id uuid not null,
    workstream text not null,
    workflow text not null,
    -- What the body claimed as its item_id.
    claimed_id text not null,
    reason text not null,
    received_at timestamptz not null,
    position bigint not null,
    -- Every byte as it came, and as text as far as PostgreSQL can hold it.
    body bytea not null,
    body_text text not null,
    -- The item that it was placed with later.
    matched_item_id uuid,
    matched_by text,
    matched_at timestamptz
);
create index unmatched_callbacks{suffix}_open on enrichcore.unmatched_callbacks{suffix} (client_id, received_at)
    where matched_item_id is null;
