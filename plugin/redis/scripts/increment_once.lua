-- increment.lua with a token: see once_begin.lua.

-- include once_begin.lua
-- include increment.lua
-- include once_end.lua
