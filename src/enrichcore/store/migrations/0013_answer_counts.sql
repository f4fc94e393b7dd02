-- What became of callbacks as they came in: those that said what was known before are in no event. No fact: it is not rebuilt.
create table enrichcore.answer_counts (
    outcome text primary key,
    answers bigint not null,
    last_at timestamptz not null
) with (fillfactor = 50);
