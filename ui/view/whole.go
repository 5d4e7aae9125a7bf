package view

import (
	"fmt"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// maxWhole is the largest body that is put together to be looked at, in bytes.
const maxWhole = 16 << 20

// Whole is a body that moves in blocks, put together from all that carried one.
type Whole struct {
	Title string // "47 blocks, 48.1 kB"
	Note  string // what is missing, or came twice; empty for nothing
	Large bool   // too large to be put together here

	transfer track.TransferIndex
	part     track.Part
	received int64
}

// whole is the body that was put together last, to keep it as long as no block is added.
type whole struct {
	of     Whole
	format int
	data   []byte
}

// Whole gives the body that the frame carries a block of, or asks for one of; false if it does not.
func (t *Traffic) Whole(s trace.Seq) (Whole, bool) {
	f := t.log.At(s)
	x, ok := t.tracker.Transfer(t.tracker.Info(uint64(s)).Transfer)
	m := &t.message
	if f == nil || !ok || m.ParseFraming(f.Transport.Framing(), f.Data) != nil {
		return Whole{}, false
	}
	w := Whole{transfer: x.Index, part: track.RequestBody}
	body := x.Request
	if blocks2 := m.Options.Has(protocol.Block2) || m.Options.Has(protocol.QBlock2); !body.Present || blocks2 && x.Response.Blocks > 0 {
		w.part, body = track.ResponseBody, x.Response
	}
	if body.Blocks < 2 && body.Complete || body.Blocks == 0 {
		return Whole{}, false
	}
	w.received, w.Large = body.Received, body.Received > maxWhole
	w.Title = count(body.Blocks, "block", "blocks") + ", " + Bytes(int(body.Received))
	switch {
	case body.Complete && body.Retried > 0:
		w.Note = fmt.Sprintf("%d came again", body.Retried)
	case body.Complete:
	case body.Size >= 0:
		w.Note = fmt.Sprintf("not whole: %s are missing in %s", Bytes(int(body.Size-body.Received)), count(body.Gaps, "part", "parts"))
	default:
		w.Note = "not whole: more follows"
	}
	return w, true
}

// WholeBody puts the body together and gives its content format, -1 for none, and how many bytes are left
// out of it because the log has dropped their packets.
func (t *Traffic) WholeBody(w Whole) (format int, data []byte, dropped int) {
	switch {
	case t.whole.data != nil && t.whole.of == w:
		return t.whole.format, t.whole.data, int(w.received) - len(t.whole.data)
	case w.Large:
		return -1, nil, 0
	}
	pieces := t.tracker.AppendPieces(nil, w.transfer, w.part)
	body, _ := track.Reassemble(pieces, func(frame uint64) []byte {
		if f := t.log.At(trace.Seq(frame)); f != nil {
			return f.Data
		}
		return nil
	})
	format = -1
	for _, p := range pieces { // the first block says what the body is
		f, m := t.log.At(trace.Seq(p.Frame)), &t.message
		if f != nil && m.ParseFraming(f.Transport.Framing(), f.Data) == nil {
			if c, ok := m.ContentFormat(); ok {
				format = int(c)
				break
			}
		}
	}
	t.whole = whole{w, format, body}
	return format, body, int(w.received) - len(body)
}
