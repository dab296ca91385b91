-- Removes an entry of an index that a reader has found to lead nowhere: there is no such record, or it holds other values, which
-- have an entry of their own.
--
-- KEYS  1 the record   2 the index, a sorted set
-- ARGV  1 the entry; then, where there is a record, the fields of the index as they were read, each with "=" and its text, or ""
--       where it was absent
-- Answers DROPPED, CHANGED (the record is there, and not as it was read: the entry may be its own).

if redis.call('TYPE', KEYS[1]).ok == 'hash' then
    if #ARGV < 2 then
        return 'CHANGED'
    end
    for i = 2, #ARGV, 2 do
        local held = redis.call('HGET', KEYS[1], ARGV[i])
        if (held and '=' .. held or '') ~= ARGV[i + 1] then
            return 'CHANGED'
        end
    end
end
redis.call('ZREM', KEYS[2], ARGV[1])
return 'DROPPED'
