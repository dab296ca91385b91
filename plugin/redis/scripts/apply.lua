-- Included behind check.lua: everything was checked, and is written. The entries of sorted sets come first, since only there a
-- key of another kind has not been met yet; they are taken back then.

if when == 'I' then
    local sum = pcall('HINCRBY', record, ARGV[sets], ARGV[sets + 1])
    if type(sum) == 'table' then
        return (sum.err:find('not an integer', 1, true) or sum.err:find('overflow', 1, true)) and 'OTHER' or sum
    end
    -- HINCRBY's own answer has become a Lua number, which is a double.
    return call('HGET', record, ARGV[sets])
end

local fault
if epoch ~= '' and when ~= 'D' and (touched or not there) then
    if not there then
        fault = pcall('ZADD', KEYS[base + 1], '0', ARGV[members])
    end
    local i = nu + 1
    while i <= nu + ni and type(fault) ~= 'table' do
        if not there then
            fault = pcall('ZADD', KEYS[base + 1 + i], '0', ARGV[members + i])
        elseif was[i] ~= now[i] then
            fault = pcall('ZADD', KEYS[base + 1 + i], '0', now[i])
        end
        i = i + 1
    end
    if type(fault) == 'table' then
        local wrong = base + i
        for k = nu + 1, i - 2 do
            if not there or was[k] ~= now[k] then
                call('ZREM', KEYS[base + 1 + k], there and now[k] or ARGV[members + k])
            end
        end
        if i == nu + 1 then
            wrong = base + 1
        elseif not there then
            call('ZREM', KEYS[base + 1], ARGV[members])
        end
        return fault.err:find('WRONGTYPE', 1, true) and {'KIND', KEYS[wrong]} or fault
    end
    for k = 1, nu do
        local value = there and now[k] or ARGV[members + k]
        if value ~= '' and not (there and was[k] == value) then
            call('HSET', KEYS[base + 1 + k], value, id)
        end
    end
end

-- The record. unpack fails at about 8,000 values.
if when == 'D' then
    call('UNLINK', record)
elseif when ~= 'E' then
    local first = there and sets or preset
    for i = first, last, 7000 do
        call('HSET', record, unpack(ARGV, i, i + 6999 < last and i + 6999 or last))
    end
    if not there and first > last then
        call('HSET', record, ARGV[keep], id)
    end
    if there and removed ~= '0' then
        local list, count, from = ARGV, removed, removals
        if removed == '*' then
            local stays = {[ARGV[keep]] = true}
            for i = sets, last, 2 do
                stays[ARGV[i]] = true
            end
            list, count, from = {}, 0, 1
            for _, field in ipairs(call('HKEYS', record)) do
                if not stays[field] then
                    count = count + 1
                    list[count] = field
                end
            end
        end
        -- Were the last field removed, the record and its expiry would be gone before the id could be stored.
        count = count + 0
        local kept = count > 0 and sets > last and call('HLEN', record) <= count
            and call('HSETNX', record, ARGV[keep], id) == 1
        for i = from, from + count - 1, 7000 do
            call('HDEL', record, unpack(list, i, math.min(i + 6999, from + count - 1)))
        end
        if kept and call('HLEN', record) > 1 then
            call('HDEL', record, ARGV[keep])
        end
    end
end

-- Old entries; of a unique key only what is the record's own. Where a key is of another kind there is none.
if touched then
    for i = 1, nu + ni do
        local key = KEYS[base + 1 + i]
        if was[i] ~= now[i] and was[i] ~= '' then
            if i > nu then
                pcall('ZREM', key, was[i])
            elseif pcall('HGET', key, was[i]) == id then
                call('HDEL', key, was[i])
            end
        end
    end
    if when == 'D' then
        pcall('ZREM', KEYS[base + 1], own)
    end
end

-- Expiry: where a record of an indexed model has one, #entries says what is to be swept when it is gone.
local ttl = there and ttl_kept or ttl_created
if when == 'D' then
    ttl = ''
elseif ttl == '-1' then
    call('PERSIST', record)
elseif ttl ~= '' then
    call('PEXPIRE', record, ttl)
end
if x ~= '' then
    local expires, entries, stem = KEYS[base + 2 + nu + ni], KEYS[base + 3 + nu + ni], #KEYS[base] - 5
    for i = 1, left and nu + ni or 0 do
        local key, entry = KEYS[base + 1 + i], left[KEYS[base + 1 + i]:sub(stem)]
        if type(entry) == 'string' and entry ~= ARGV[members + i] then
            if i > nu then
                pcall('ZREM', key, entry)
            elseif pcall('HGET', key, entry) == id then
                call('HDEL', key, entry)
            end
        end
    end
    local starts = ttl ~= '' and ttl ~= '-1'
    if starts or leftover and there and touched and when ~= 'D' and ttl ~= '-1' then
        local list = {}
        for i = 1, nu + ni do
            local entry = there and now[i] or ARGV[members + i]
            list[KEYS[base + 1 + i]:sub(stem)] = entry ~= '' and entry or nil
        end
        call('HSET', entries, id, cmsgpack.pack(list))
    elseif left or leftover and (when == 'D' or ttl == '-1') then
        call('HDEL', entries, id)
        call('ZREM', expires, id)
    end
    if starts then
        local time = call('TIME')
        call('ZADD', expires, ('%.0f'):format(time[1] * 1000 + math.floor(time[2] / 1000) + ttl), id)
        if x == '1' and call('HSETNX', KEYS[base], 'expiring', '1') == 1 then
            call('HINCRBY', KEYS[base], 'epoch', 1)
            call('HSET', entries, '', '1') -- the guard: from here on all that expires is known
        end
    end
end

-- Texts without a sign: the longer one is the larger.
if raised then
    local held = call('GET', raised) or '0'
    if held:sub(1, 1) == '-' or #held < #raises or #held == #raises and held < raises then
        call('SET', raised, raises)
    end
end
return there and 'DONE' or 'CREATED'
