-- Included around a script: a write that comes again is answered as before, and not done again.
--
-- KEYS  last, beside the script's own: the token's key, in the slot of the record
-- ARGV  last, beside the script's own: ms that the answer is remembered

local token, life = table.remove(KEYS), table.remove(ARGV)
local known = redis.call('GET', token)
if known then
    return cmsgpack.unpack(known)
end
local fine, answer = pcall(function()
