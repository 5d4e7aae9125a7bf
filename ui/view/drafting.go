package view

import (
	"net/netip"
	"time"

	"coapscope/session/trace"
)

// InspectDraft shows in the inspector what the current tab's draft becomes, as it is typed, until a packet is selected.
func (w *Workbench) InspectDraft() {
	w.drafted = true
	w.selected = 0
	w.showDraft()
	w.Changed(PartPackets)
}

// InspectsDraft tells whether the inspector shows the draft.
func (w *Workbench) InspectsDraft() bool { return w.drafted }

// showDraft has the inspector follow the draft, while it shows it.
func (w *Workbench) showDraft() {
	if !w.drafted || w.Inspector.Editing() {
		return
	}
	b := w.Built()
	f := &trace.Frame{Time: time.Now(), Direction: trace.Sent, Transport: trace.UDP}
	if addr, ok := b.Destination.Addr(); ok {
		f.Destination = netip.AddrPortFrom(addr, b.Destination.Port)
	}
	if len(b.Problems) == 0 {
		peek, _ := w.Peek(&b)
		w.wire.Show(&b, peek)
		f.Data = append(f.Data, w.wire.Bytes...)
	}
	w.Inspector.Show(f, "")
	w.Changed(PartInspector)
}
