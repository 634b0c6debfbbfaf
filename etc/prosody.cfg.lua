-- Prosody: append to /etc/prosody/prosody.cfg.lua, at its end, then
-- "prosodyctl check config" and "systemctl restart prosody": a reload starts
-- no new components.
--
-- One Component for each gateway of causeway.conf, with the same secret.
-- Prosody listens for components at 127.0.0.1:5347.

Component "irc.example.org"
	component_secret = "change me"
	-- When Causeway's old connection is still half open after a crash, the
	-- new one takes its place at once.
	component_conflict_resolve = "kick_old"
