-- atomic.lua with a token: see once_begin.lua.

-- include once_begin.lua
-- include atomic.lua
-- include once_end.lua
