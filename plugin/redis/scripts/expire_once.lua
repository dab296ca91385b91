-- expire.lua with a token: see once_begin.lua.

-- include once_begin.lua
-- include expire.lua
-- include once_end.lua
