-- The parts of index members, as member.c makes them: values as bytes that sort as the values do. Included by other scripts,
-- where a line says so (embed.sh):
--     include encode.lua
-- tests/redis/members.txt holds both to the same bytes.

-- Decimal text, an integer or what %g prints: 0.DIGITS * 10^point. 64-bit integers never become Lua numbers.
local function encode_number(text)
    local sign, whole, fraction, exponent = text:match('^(%-?)(%d+)%.?(%d*)e?([-+]?%d*)$')
    local digits = whole .. fraction
    local zeros = #digits:match('^0*')
    digits = digits:sub(zeros + 1):match('^(.-)0*$')
    if digits == '' then
        return '\128\0'
    end
    local size = 400 + #whole - zeros + (tonumber(exponent) or 0)
    if sign == '' then
        local head = 32768 + size
        return string.char(math.floor(head / 256), head % 256) .. digits .. '\0'
    end
    local head = 32768 - size
    return string.char(math.floor(head / 256), head % 256)
        .. digits:gsub('.', function(digit) return string.char(255 - digit:byte()) end) .. '\255'
end

local function encode_complement(bytes)
    return (bytes:gsub('.', function(byte) return string.char(255 - byte:byte()) end))
end

local function encode_integer(text)
    local sign, digits = text:match('^(%-?)([1-9]%d*)$')
    if text ~= '0' and (not digits or #digits > 19
        or #digits == 19 and digits > (sign == '' and '9223372036854775807' or '9223372036854775808')) then
        return nil
    end
    return encode_number(text)
end

-- The shortest of 15, 16, 17 digits; all digits where integers lie close enough to tell.
local function encode_double(text)
    local number = text:find('^%-?%d') and tonumber(text)
    if not number or text == '-0' then
        return nil
    end
    local shortest
    for precision = 15, 17 do
        shortest = ('%.' .. precision .. 'g'):format(number)
        if tonumber(shortest) == number then
            break
        end
    end
    if shortest ~= text then
        return nil
    end
    local size = math.abs(number)
    return encode_number(size >= 9007199254740992 and size < 18446744073709551616 and ('%.0f'):format(number) or text)
end

-- Days since 1970-01-01 of a day of the years 0 to 9999, months counted from March; nil: there is no such day.
local function encode_days(year, month, day)
    local lengths = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
    if year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0) then
        lengths[2] = 29
    end
    if month < 1 or month > 12 or day < 1 or day > lengths[month] then
        return nil
    end
    if month < 3 then
        year, month = year - 1, month + 12
    end
    return 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
        + math.floor((153 * (month - 3) + 2) / 5) + day - 719469
end

local function encode_iso(text)
    local year, month, day, hour, minute, second, ms =
        text:match('^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)%.(%d%d%d)Z$')
    if not year or hour + 0 > 23 or minute + 0 > 59 or second + 0 > 59 then
        return nil
    end
    local days = encode_days(year + 0, month + 0, day + 0)
    return days and encode_number(('%.0f'):format((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms))
end

local function encode_ms(number)
    return number >= -62167219200000 and number <= 253402300799999 and encode_number(('%.0f'):format(number)) or nil
end

-- As Python prints a float of seconds.
local function encode_seconds(text)
    local sign, whole, fraction = text:match('^(%-?)(%d+)%.(%d%d?%d?)$')
    if not whole or #whole > 12 or whole:find('^0.') or fraction:find('^.+0$') or text == '-0.0' then
        return nil
    end
    local number = whole * 1000 + (fraction .. '00'):sub(1, 3)
    return encode_ms(sign == '' and number or -number)
end

-- The part of a field's text (false: there is no field) of a property of the type that the letter says: s string, x binary,
-- i integer, n number, b boolean, d date; of dialects B boolean as 1 or 0, m date in ms, f date in seconds. nil: the text is
-- not the canonical one; the client reads it then, and gives the part in `dictionary`, by letter and text (nil: none yet).
local function encode_part(letter, text, descending, dictionary)
    local part
    if not text then
        part = '\16'
    elseif letter == 's' or letter == 'x' then
        part = (letter == 's' and '\80' or '\96') .. text:sub(1, 4096):gsub('%z', '\0\255')
            .. (#text > 4096 and '\0\1' or '\0\0')
    elseif letter == 'b' then
        part = text == 'true' and '\32\49' or text == 'false' and '\32\48'
    elseif letter == 'B' then
        part = text == '1' and '\32\49' or text == '0' and '\32\48'
    elseif letter == 'i' or letter == 'n' then
        local number = letter == 'i' and encode_integer(text) or letter == 'n' and encode_double(text)
        part = number and '\48' .. number
    else
        local date
        if letter == 'd' then
            date = encode_iso(text)
        elseif letter == 'f' then
            date = encode_seconds(text)
        elseif letter == 'm' and encode_integer(text) and #text < 17 then
            date = encode_ms(tonumber(text))
        end
        part = date and '\64' .. date
    end
    part = part or dictionary and dictionary[letter .. text]
    if part and descending then
        return encode_complement(part)
    end
    return part or nil
end

-- The id behind the parts.
local function encode_id(id, is_integer, descending)
    if is_integer then
        id = encode_integer(id)
    elseif descending then
        id = id:gsub('%z', '\0\255') .. '\0\0'
    end
    return descending and encode_complement(id) or id
end
