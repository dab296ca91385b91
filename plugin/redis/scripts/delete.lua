-- Deletes one record.
--
-- KEYS  1 the record
-- ARGV  the fields that it must still hold as expected, each with "=" and its text, or "" where it must be absent
-- Answers DONE, MISSING, CHANGED (not as expected), KIND (the key holds something else than a hash, and stays).

local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'hash' then
    return kind == 'none' and 'MISSING' or 'KIND'
end
for i = 1, #ARGV, 2 do
    local held = redis.call('HGET', KEYS[1], ARGV[i])
    if (held and '=' .. held or '') ~= ARGV[i + 1] then
        return 'CHANGED'
    end
end
redis.call('UNLINK', KEYS[1])
return 'DONE'
