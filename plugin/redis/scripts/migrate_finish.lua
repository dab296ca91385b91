-- migrate ends: the indexes that are complete are for reading from now on, if their keys are still those that were filled.
--
-- KEYS  1 #schema, 2 #ids, then the keys of the indexes, unique ones first; #entries
-- ARGV  1 the token   2 the number of unique indexes   of each index: its field in #schema, and what that is to hold
-- Answers DONE, OVER (another run of migrate has begun) or LOST (a guard has vanished: a key was evicted meanwhile).

local schema, nu = KEYS[1], ARGV[2] + 0
if redis.call('HGET', schema, 'migrate') ~= ARGV[1] then
    return 'OVER'
end
for i = 2, #KEYS - 1 do
    local is_unique = i > 2 and i - 2 <= nu
    if is_unique and redis.call('HEXISTS', KEYS[i], '') == 0 or not is_unique and not redis.call('ZSCORE', KEYS[i], '') then
        return 'LOST'
    end
end
if redis.call('HEXISTS', schema, 'expiring') == 1 then
    if redis.call('HEXISTS', KEYS[#KEYS], '') == 0 then
        return 'LOST'
    end
    redis.call('HSET', KEYS[#KEYS], '', '1')
end
local changes = false
for i = 3, #ARGV, 2 do
    if redis.call('HGET', schema, ARGV[i]) ~= ARGV[i + 1] then
        redis.call('HSET', schema, ARGV[i], ARGV[i + 1])
        changes = true
    end
end
if changes then
    redis.call('HINCRBY', schema, 'epoch', 1)
end
redis.call('HDEL', schema, 'migrate')
return 'DONE'
