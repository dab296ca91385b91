-- Lets a record that is there expire, or never (PEXPIRE itself would do that to a key of any kind).
--
-- KEYS  1 the record
-- ARGV  1 ms, or "-1": never
-- Answers DONE, MISSING, KIND (the key holds something else than a hash).

local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'hash' then
    return kind == 'none' and 'MISSING' or 'KIND'
end
if ARGV[1] == '-1' then
    redis.call('PERSIST', KEYS[1])
else
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return 'DONE'
