-- Stores a new record, and refuses a key that is there already.
--
-- KEYS  1 the record
-- ARGV  1 ms until it expires, or ""   2... fields and values, in turn
-- Answers CREATED, TAKEN, KIND (the key holds something else than a hash).

local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'none' then
    return kind == 'hash' and 'TAKEN' or 'KIND'
end
-- unpack fails at about 8,000 values.
for first = 2, #ARGV, 7000 do
    redis.call('HSET', KEYS[1], unpack(ARGV, first, math.min(first + 6999, #ARGV)))
end
if ARGV[1] ~= '' then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return 'CREATED'
