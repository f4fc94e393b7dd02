-- Why a lane is held, until when its webhook asked for that, how many connections to its webhook failed in a row, and of which webhook's life a warning was given.
alter table enrichcore.lanes add column held_for text not null default '';
alter table enrichcore.lanes add column asked_until timestamptz;
alter table enrichcore.lanes add column failures integer not null default 0;
alter table enrichcore.lanes add column warned text not null default '';

-- A claim passes over the ready rows of a paused batch in one step, however many there are.
create index step_runs_ready_by_batch on enrichcore.step_runs (lane_id, batch_id, wake_at, run_id) where state = 'ready';

-- Leases and pauses between attempts, which always end, apart from waits for answers, which end lane by lane.
create index step_runs_due on enrichcore.step_runs (wake_at, run_id) where state in ('sending', 'retry_wait');
create index step_runs_waits on enrichcore.step_runs (lane_id, wake_at, run_id)
    where state in ('awaiting_answer', 'in_doubt');
drop index enrichcore.step_runs_timed;
