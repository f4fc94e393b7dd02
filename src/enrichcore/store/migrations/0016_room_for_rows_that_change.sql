-- An item's row changes some seven times, and grows by half. Where its page has room for that, no index is written, and what it
-- was before makes room for what it becomes.
alter table enrichcore.runs set (fillfactor = 50);
