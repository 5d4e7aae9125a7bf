package view

import (
	"fmt"
	"time"

	"coapscope/session"
	"coapscope/session/exchange"
)

// waitingWords tells what a message waits for, and how long where that is known.
func waitingWords(w session.Waiting) string {
	until := ""
	if !w.Until.IsZero() {
		until = " until " + w.Until.Format(time.TimeOnly)
	}
	switch w.Why {
	case exchange.WaitsForMessageID:
		return "waits" + until + " for a message ID: all 65,536 are in use with this device (RFC 7252 §4.4)"
	case exchange.WaitsForProbingRate:
		return "waits" + until + ": the device leaves NONs unanswered and is silent, and PROBING_RATE limits what is sent to it then (RFC 7252 §4.7)"
	}
	return fmt.Sprintf("waits for %s to this device to end (NSTART, RFC 7252 §4.7)", count(w.Ahead+1, "exchange", "exchanges"))
}

// heldWords tells how long a request is held back, and what the device said.
func heldWords(h session.HeldBack) string {
	return "held back until " + h.Until.Format(time.TimeOnly) + ": the device said " + h.Why
}

// saidOf tells what is to be said of the answer for an event before it; empty for nothing.
func saidOf(e session.Event) string {
	switch e := e.(type) {
	case session.EchoAsked:
		return "sent again with the Echo value that the device asked for (RFC 9175 §2.3)"
	case session.TokenShortened:
		return fmt.Sprintf("sent again with a token of %d bytes: the device rejected %d (RFC 8974 §2.2.2)", e.To, e.From)
	case session.FellBack:
		return "sent without Q-Block: " + e.Why.Error()
	case session.HeldBack:
		return "held back for a while: the device said " + e.Why
	}
	return ""
}
