-- Included by keep.lua and atomic.lua: whether a write can be done, and which entries it will change. Nothing is written here.
--
-- ARGV from `at` to `last`: "new" (a creation), "may", "must", "D" (delete), "E" (expire) or "I" (increment); the id; "" or "x"
--   where "x": the number of expected fields, or "-"; that of defaults; ms until it expires: of a record that is created, of one
--     that was there ("-1": never); the id that raises the sequence, and the number of its key; where the version stands behind
--     the first field that is set; the version that the write carries
--   unless "new": what becomes of each indexed field (s set, r removed, k the id, - as it was), or "" where none is touched; the number of
--     fields to remove, or "*": all but those that are set; the id's field; the indexed fields; their plan, unless none is touched
--   "new", "may": the entries of a creation, in #ids and in the indexes; "": none
--   expected fields, each with "=" and its text, or "" where it must be absent; fields to remove; defaults; fields that are set,
--     the indexed ones first; of an increment the field and what is added

local when, id, touched, there, mask, removed, keep, members = ARGV[at], ARGV[at + 1], false, false, '', '0', 0, 0
local expected, defaults, ttl_created, ttl_kept, raises, counter, version, carried = '-', 0, '', '', '', 0, '', ''
local old, was, now, leftover, left, removals, preset, sets, raised
local next = at + 3
if ARGV[at + 2] ~= '' then
    expected, defaults, ttl_created, ttl_kept, raises, counter, version, carried = unpack(ARGV, next, next + 7)
    next = next + 8
end

if when == 'new' then
    if call('EXISTS', record) == 1 then
        return call('TYPE', record).ok == 'hash' and 'TAKEN' or 'KIND'
    end
    members = next
    preset = next + nu + ni + 1
    sets = preset
else
    mask, removed, keep = ARGV[next], ARGV[next + 1], next + 2
    next = keep + #mask + 1
    if mask ~= '' then
        plan = ARGV[next]
        next = next + 1
    end
    if when == 'may' then
        members = next
        next = next + nu + ni + 1
    end
    -- A hash of others may have no field of the id.
    old = pcall('HMGET', record, unpack(ARGV, keep, keep + #mask))
    if old.err then
        return old.err:find('WRONGTYPE', 1, true) and 'KIND' or old
    end
    there = old[1] or call('EXISTS', record) == 1
    if not there and (when ~= 'may' or expected ~= '-' or carried ~= '') then
        return when ~= 'may' and 'MISSING' or expected ~= '-' and 'CHANGED' or 'OLDER'
    end
    if expected ~= '-' then
        for i = next, next + expected * 2 - 1, 2 do
            local held = call('HGET', record, ARGV[i])
            if (held and '=' .. held or '') ~= ARGV[i + 1] then
                return 'CHANGED'
            end
        end
        next = next + expected * 2
    end
    removals = next
    preset = next + (removed == '*' and 0 or removed)
    sets = preset + defaults * 2
end

-- Versions are 64 bits, and never become Lua numbers. One that is absent or cannot be read counts as 0.
if version ~= '' and there then
    local sign, digits = (call('HGET', record, ARGV[sets + version]) or '0'):match('^(%-?)0*(%d+)$')
    sign, digits = digits ~= '0' and sign or '', digits or '0'
    local less, much = carried:match('^(%-?)(.*)$')
    if carried ~= '' and sign .. digits ~= carried then
        local longer = #digits > #much or #digits == #much and digits > much
        if sign ~= less and less == '-' or sign == less and longer ~= (sign == '-') then
            return 'OLDER'
        end
    end
    local head, tail = digits:match(sign == '' and '^(.-)(9*)$' or '^(.-)(0*)$')
    if sign == '-' then
        digits = (head:sub(1, -2) .. (head:sub(-1) - 1) .. ('9'):rep(#tail)):match('^0*(%d+)$')
        sign = digits ~= '0' and '-' or ''
    elseif digits ~= '9223372036854775807' then
        digits = (head == '' and '1' or head:sub(1, -2) .. (head:sub(-1) + 1)) .. ('0'):rep(#tail)
    end
    ARGV[sets + version + 1] = sign .. digits
end

if raises ~= '' then
    raised = KEYS[counter + 0]
    local kind = call('TYPE', raised).ok
    if kind ~= 'none' and (kind ~= 'string' or not call('GET', raised):find('^%-?%d+$')) then
        return 'SEQUENCE'
    end
end

if there and mask ~= '' then
    touched = when == 'D' or when == 'E' or x ~= '' and ttl_kept ~= ''
    local set = sets + 1
    for i = 1, #mask do
        local change = mask:byte(i)
        if change == 115 then
            touched = touched or ARGV[set] ~= old[i + 1]
            set = set + 2
        elseif change == 114 then
            touched = touched or old[i + 1]
        end
    end
end

local entry_of, own, indexes, unknown
if touched or holders then
    -- include encode.lua
    local types, kind, list = plan:match('^(%a*) (%a) (.*)$')
    indexes, unknown, own = {}, {}, encode_id(id, kind == 'i', false)
    for keys in list:gmatch('[^;]+') do
        indexes[#indexes + 1] = keys
    end
    -- The entry of an index for these texts of the indexed fields; "" where a unique one claims nothing.
    entry_of = function(number, texts, first)
        local bytes, down = '', ''
        for field, direction in indexes[number]:gmatch('(%d+)(%-?)') do
            local letter, text = types:sub(field + 0, field + 0), texts[first + field]
            local part = encode_part(letter, text, false, dictionary)
            if not part then
                unknown[#unknown + 1] = letter .. text
                part = ''
            elseif number <= nu and (part == '\16' or part:sub(-2) == '\0\1') then
                return ''
            end
            down = number > nu and direction or ''
            bytes = bytes .. (down == '-' and encode_complement(part) or part)
        end
        return number > nu and bytes .. encode_id(id, kind == 'i', down == '-') or bytes
    end
end

if touched then
    local texts, set = {}, sets + 1
    for i = 1, #mask do
        local change = mask:byte(i)
        if change == 107 then
            old[i + 1] = id
        end
        texts[i] = (change == 45 or change == 107) and old[i + 1]
        if change == 115 then
            texts[i], set = ARGV[set], set + 2
        end
    end
    was, now = {}, {}
    for i = 1, nu + ni do
        was[i] = entry_of(i, old, 1)
        now[i] = when == 'D' and '' or entry_of(i, texts, 0)
    end
    if unknown[1] then
        return {'ENCODE', unpack(unknown)}
    end
    for i = 1, batch and nu or 0 do
        if was[i] ~= now[i] and was[i] ~= '' then
            batch.freed[base .. ':' .. i .. ':' .. was[i]] = id
        end
    end
end

for i = 1, (touched and when ~= 'D' or not there) and nu or 0 do
    local value = there and now[i] or ARGV[members + i]
    if value ~= '' and not (there and was[i] == value) then
        local held = pcall('HMGET', KEYS[base + 1 + i], '', value)
        if held.err then
            return held.err:find('WRONGTYPE', 1, true) and {'KIND', KEYS[base + 1 + i]} or held
        elseif not held[1] then
            return {'LOST', i}
        end
        local holder = held[2]
        if batch then
            local claim = base .. ':' .. i .. ':' .. value
            if batch.claimed[claim] then
                return {'UNIQUE', i}
            elseif batch.freed[claim] == holder then
                holder = false
            end
            batch.claimed[claim] = true
        end
        if holder and holder ~= id then
            local key = holders and holders[(batch and base .. ':' or '') .. holder]
            if not key then
                return {'HELD', holder, i}
            end
            -- It holds the value where its fields still say so. One that is gone, or has become another, does not.
            local texts = pcall('HMGET', KEYS[key], unpack(fields))
            local claim = not texts.err and entry_of(i, texts, 0)
            if unknown[1] then
                return {'ENCODE', unpack(unknown)}
            elseif claim == value then
                return {'UNIQUE', i}
            end
        end
    end
end

if x ~= '' then
    leftover = pcall('HGET', KEYS[base + 3 + nu + ni], id)
    local due = pcall('ZSCORE', KEYS[base + 2 + nu + ni], id)
    if type(leftover) == 'table' or type(due) == 'table' then
        local wrong = type(due) == 'table' and due or leftover
        return wrong.err:find('WRONGTYPE', 1, true)
            and {'KIND', KEYS[base + (wrong == due and 2 or 3) + nu + ni]} or wrong
    end
    -- What an earlier record of this id has left, as far as it is known.
    if not there and (leftover or due) then
        local fine, list = _G.pcall(cmsgpack.unpack, leftover or '')
        left = fine and type(list) == 'table' and list or {}
    end
end
