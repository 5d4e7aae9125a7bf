package session

import (
	"net/netip"

	"coapscope/session/exchange"
)

// IdentifierUses gives what of the message IDs and tokens is in use now, for each endpoint that something is in use
// with.
func (e *Engine) IdentifierUses() []exchange.Use {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forgetOld()
	return e.machine.AppendUses(nil)
}

// MessageIDsInUse gives the message IDs that are in use with an endpoint and free first, limit at most.
func (e *Engine) MessageIDsInUse(to netip.AddrPort, limit int) []exchange.MessageIDUse {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forgetOld()
	return e.machine.AppendMessageIDs(nil, to, limit)
}

// forgetOld has the machine, which is in no hurry with that, forget what is not in use any more. The engine is locked.
func (e *Engine) forgetOld() {
	if !e.closed {
		e.handle(exchange.Tick{})
	}
}
