-- Adds an integer to a field of a record that is there.
--
-- KEYS  1 the record
-- ARGV  1 the field   2 what to add, a 64-bit integer
-- Answers the new value as text, MISSING, KIND (the key holds something else than a hash), or OTHER with nothing changed: the
-- field is not an integer as HINCRBY reads one, or the sum does not fit. The library then does it, or says what is wrong.

local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'hash' then
    return kind == 'none' and 'MISSING' or 'KIND'
end
local sum = redis.pcall('HINCRBY', KEYS[1], ARGV[1], ARGV[2])
if type(sum) == 'table' then
    if sum.err:find('not an integer', 1, true) or sum.err:find('overflow', 1, true) then
        return 'OTHER'
    end
    return sum
end
-- HINCRBY's own answer has become a Lua number, which is a double.
return redis.call('HGET', KEYS[1], ARGV[1])
