package view

import (
	"fmt"
	"time"

	"coapscope/session/exchange"
)

// IdentifierRow tells what of the message IDs and tokens is in use with an endpoint.
type IdentifierRow struct {
	Peer        string
	MessageIDs  string  // how many of 65,536
	Share       float32 // of them, from 0 to 1
	FirstFree   string  // until the first one is free; empty where none is in use
	AllFree     string  // until all are
	Next        string  // message ID
	Tokens      string
	Open        string // exchanges
	NStart      string // interactions that count for it, of how many
	Full        bool   // no message ID is free
	Outstanding bool   // nothing more may go until something comes
}

// Identifiers tells what of the identifiers of the engine is in use, by endpoint.
type Identifiers struct {
	uses []exchange.Use
	name func(exchange.Use) string
}

// Identifiers gives what is in use now.
func (w *Workbench) Identifiers() *Identifiers {
	return &Identifiers{w.Engine.IdentifierUses(), func(u exchange.Use) string {
		if u.Group {
			return "group " + u.Peer.String()
		}
		return w.Devices.Name(u.Peer)
	}}
}

// Len is the number of endpoints that something is in use with.
func (v *Identifiers) Len() int { return len(v.uses) }

const allMessageIDs = 1 << 16

// Row gives what is in use with an endpoint.
func (v *Identifiers) Row(i int, now time.Time) IdentifierRow {
	if i < 0 || i >= len(v.uses) {
		return IdentifierRow{}
	}
	u := &v.uses[i]
	r := IdentifierRow{
		Peer: v.name(*u), MessageIDs: Grouped(u.MessageIDs) + " of " + Grouped(allMessageIDs), Share: float32(u.MessageIDs) / allMessageIDs,
		Tokens: Grouped(u.Tokens), Open: Grouped(u.Open), NStart: countOf(u.Outstanding, u.NStart),
		Full: u.MessageIDs >= allMessageIDs, Outstanding: u.Outstanding >= u.NStart,
	}
	if u.Begun {
		r.Next = u.Next.String()
	}
	if u.MessageIDs > 0 {
		r.FirstFree, r.AllFree = wholeSeconds(u.NextFree.Sub(now)), wholeSeconds(u.AllFree.Sub(now))
	}
	if u.Waiting > 0 {
		r.Open += fmt.Sprintf(" · %s wait", Grouped(u.Waiting))
	}
	return r
}

// wholeSeconds gives a lifetime that counts down.
func wholeSeconds(d time.Duration) string { return fmt.Sprintf("%d s", max(0, int(d.Seconds()))) }

// maxUsedIDs is how many message IDs are named one by one.
const maxUsedIDs = 64

// MessageIDsInUse says which message IDs are in use with an endpoint, those first that are free first, as far as there
// are not too many: "7d34 in 112 s · token a1f3 · CON".
func (w *Workbench) MessageIDsInUse(v *Identifiers, row int, now time.Time) (lines []string) {
	if row < 0 || row >= v.Len() {
		return nil
	}
	u := &v.uses[row]
	for _, id := range w.Engine.MessageIDsInUse(u.Peer, maxUsedIDs) {
		kind := "NON"
		if id.Confirmable {
			kind = "CON"
		}
		line := fmt.Sprintf("%s  free in %s  %s", id.ID, wholeSeconds(id.Free.Sub(now)), kind)
		if id.Token.Len() > 0 {
			line += "  token " + id.Token.String()
		}
		if id.Open {
			line += "  open"
		}
		lines = append(lines, line)
	}
	if more := u.MessageIDs - len(lines); more > 0 && len(lines) > 0 {
		lines = append(lines, Grouped(more)+" more")
	}
	return lines
}

// inUse sums up for the status line: "tokens 3 · MIDs 214 used, oldest reusable in 112 s"; empty for nothing.
func (v *Identifiers) inUse(now time.Time) string {
	ids, tokens := 0, 0
	var first time.Time
	for i := range v.uses {
		u := &v.uses[i]
		ids, tokens = ids+u.MessageIDs, tokens+u.Tokens
		if !u.NextFree.IsZero() && (first.IsZero() || u.NextFree.Before(first)) {
			first = u.NextFree
		}
	}
	if ids == 0 && tokens == 0 {
		return ""
	}
	text := fmt.Sprintf("tokens %s · MIDs %s used", Grouped(tokens), Grouped(ids))
	if !first.IsZero() {
		text += ", oldest reusable in " + wholeSeconds(first.Sub(now))
	}
	return text
}
