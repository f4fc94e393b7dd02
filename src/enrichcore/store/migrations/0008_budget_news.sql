-- What people were last told of each budget, so that they hear once of each time that it is spent; see decision 0021.
create table enrichcore.budget_news (
    client_id uuid not null,
    notice text not null,
    -- As it was last seen to be so: the budget, what was used of it, and the first day that counted.
    budget_credits numeric not null,
    used numeric not null,
    since date,
    seen_at timestamptz not null,
    -- How often it was told.
    times integer not null,
    -- Whether it is so now, as far as it was told.
    holds boolean not null,
    primary key (client_id, notice)
);
