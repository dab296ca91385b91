-- migrate begins: #schema says which indexes are kept from now on, by every writer, and which of them are being built. Unlinking
-- a sorted set of a million takes some 20 microseconds, so nothing is dropped in portions.
--
-- KEYS  1 #schema, 2 #ids, 3 #expires, 4 #entries, then the keys of the indexes that the model has, unique ones first, then those
--       of indexes that it has no more
-- ARGV  1 the epoch that was read, "" where there was none   2 the number of unique indexes   3 of the others
--       4 "b" where #ids is begun anew, "k" where it is kept
--       of each index: "b" or "k"; its field in #schema; what that is to hold; then the fields of those that go; last whose records
--       they are
-- Answers EPOCH (look again: something else has changed), KIND and the key that holds something else, or the token by which this run of
-- migrate knows that it is still the one.

local schema, epoch, nu, ni = KEYS[1], ARGV[1], ARGV[2] + 0, ARGV[3] + 0
if (redis.call('HGET', schema, 'epoch') or '') ~= epoch then
    return 'EPOCH'
end
for at = 2, 4 + nu + ni do
    local kind = redis.call('TYPE', KEYS[at]).ok
    if kind ~= 'none' and kind ~= ((at == 4 or at > 4 and at <= 4 + nu) and 'hash' or 'zset') then
        return {'KIND', KEYS[at]}
    end
end
local function is_guarded(i)
    if i > 0 and i <= nu then
        return redis.call('HEXISTS', KEYS[4 + i], '') == 1
    end
    return redis.call('ZSCORE', i == 0 and KEYS[2] or KEYS[4 + i], '')
end
local function action(i)
    return i == 0 and ARGV[4] or ARGV[2 + 3 * i]
end
for i = 0, nu + ni do
    if action(i) == 'k' and not is_guarded(i) then
        return 'EPOCH'
    end
end

if epoch == '' then
    redis.call('UNLINK', KEYS[3], KEYS[4])
end
local changes, gone = epoch == '', 4 + nu + ni
for i = 1, #KEYS - gone do
    redis.call('UNLINK', KEYS[gone + i])
    redis.call('HDEL', schema, ARGV[gone + 2 * (nu + ni) + i])
    changes = true
end
for i = 0, nu + ni do
    local key = i == 0 and KEYS[2] or KEYS[4 + i]
    if action(i) == 'b' then
        redis.call('UNLINK', key)
        if i > 0 and i <= nu then
            redis.call('HSET', key, '', '')
        else
            redis.call('ZADD', key, 0, '')
        end
        changes = true
    end
    if i > 0 and redis.call('HGET', schema, ARGV[3 + 3 * i]) ~= ARGV[4 + 3 * i] then
        redis.call('HSET', schema, ARGV[3 + 3 * i], ARGV[4 + 3 * i])
        changes = true
    end
end
if redis.call('HEXISTS', schema, 'expiring') == 1 then
    redis.call('HSETNX', KEYS[4], '', 'b') -- it was evicted: what has expired is not known until this run ends
end
local time = redis.call('TIME')
local now = ('%.0f'):format(time[1] * 1000000 + time[2])
if epoch == '' then
    redis.call('HSET', schema, 'format', '1', 'partitions', '1', 'epoch', now)
elseif changes then
    redis.call('HINCRBY', schema, 'epoch', 1)
end
local token = now .. ' ' .. redis.call('HGET', schema, 'epoch')
redis.call('HSET', schema, 'migrate', token, 'records', ARGV[#ARGV])
return token
