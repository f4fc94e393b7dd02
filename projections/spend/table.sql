-- Credits by client, lane and batch. A company run is charged to the batch of the item that started it.
create table enrichcore.spend{suffix} (
    client_id uuid not null,
    workstream text not null,
    workflow text not null,
    batch_id uuid not null,
    -- Attempts that were begun.
    sends bigint not null,
    -- Credits held for rows whose answer is waited for.
    reserved numeric not null,
    -- Credits that answers told, or that were reserved for what was answered, or for what nobody answered.
    spent numeric not null,
    primary key (client_id, workstream, workflow, batch_id)
);
create table enrichcore.spend_batches{suffix} (
    batch_id uuid primary key,
    client_id uuid not null,
    workstream text not null
);
