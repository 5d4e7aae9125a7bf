package ui

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"slices"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

var stateNames = map[view.TabState]string{
	view.TabIdle: "idle", view.TabAsking: "asking", view.TabObserving: "observing", view.TabCancelling: "cancelling",
}

// Probe lets a test look at the window: it listens at a socket file that only the user can open, and
// answers every line that it gets with what the window says, a view.Probed as one line of JSON.
func (w *Window) Probe(path string) error {
	_ = os.Remove(path)
	listener, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		listener.Close()
		return fmt.Errorf("probe: %w", err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go w.serveProbe(conn)
		}
	}()
	return nil
}

func (w *Window) serveProbe(conn net.Conn) {
	defer conn.Close()
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		var p view.Probed
		fyne.DoAndWait(func() { p = w.probe() })
		if json.NewEncoder(conn).Encode(p) != nil {
			return
		}
	}
}

// probe gathers what the window says. It runs on the window's goroutine.
func (w *Window) probe() view.Probed {
	canvas := w.window.Canvas()
	scale, size := canvas.Scale(), canvas.Size()
	b := w.bench
	t := b.Tab()
	p := view.Probed{
		Width: size.Width * scale, Height: size.Height * scale,
		Devices: b.Devices.Len(), State: stateNames[t.State], Packets: b.Traffic.Total(),
		Selected: int(b.SelectedFrame()), Message: b.Message, Frames: w.bridge.frames.take(),
	}
	p.Spans, p.Lines = w.spans(canvas, scale)
	w.probeInspector(&p)
	for i, tab := range b.Tabs {
		p.Tabs = append(p.Tabs, b.Title(tab))
		if tab == t {
			p.Tab = i
		}
	}
	if a := t.Answer; a != nil {
		if y, ok := b.Why(t); ok && a.Err != nil {
			p.Failure = y.Clues[0].Title
		}
		if a.Err == nil {
			p.Code, p.PayloadSize, p.Notified = a.Message.Code.Dotted(), len(a.Message.Payload), a.Notified
		}
	}
	if t.State == view.TabAsking && t.Progress != nil {
		p.Read = int64(t.Progress.Bytes)
	}
	return p
}

func (w *Window) probeInspector(p *view.Probed) {
	v := w.bench.Inspector
	for _, r := range v.Rows(nil) {
		p.Fields = append(p.Fields, r.Name+": "+r.Value)
	}
	if i := v.Selected(); i >= 0 {
		p.Chosen = v.Tree.Title(i) + ": " + v.Tree.Value(i)
	}
	p.From, p.To, _ = v.SelectedBytes()
	p.Bit = -1
	if bit, ok := v.SelectedBit(); ok {
		p.Bit = bit
	}
	p.Findings = v.FindingCount()
	if e := v.Edited(); e != nil {
		p.Changes = e.Changes()
	}
	p.Clipboard = w.app.Clipboard().Content()
}

// spans gives all texts with the panels that they are in.
func (w *Window) spans(canvas fyne.Canvas, scale float32) (probed []view.ProbedSpan, lines []string) {
	panels := []struct {
		name   string
		object fyne.CanvasObject
	}{
		{"bar", w.bar.Object},
		{"devices", w.devices.Object},
		{"tabs", w.tabs},
		{"request", w.request.Object},
		{"answer", w.answer.Object},
		{"packets", w.packets.Object},
		{"inspector", w.inspector.Object},
		{"status", w.status.Object},
	}
	corners := make([]fyne.Position, len(panels))
	for i, p := range panels {
		corners[i] = fyne.CurrentApp().Driver().AbsolutePositionForObject(p.object)
	}
	spans := widget.Spans(canvas)
	below := len(spans) // tooltips, menus and dialogs come after what is in the panels
	if host, ok := canvas.Content().(*widget.TipHost); ok {
		below = len(widget.Collect(nil, host.Content))
	}
	for i, s := range spans {
		span := view.ProbedSpan{Text: s.Text, X: s.X * scale, Y: s.Y * scale, W: s.W * scale, H: s.H * scale}
		if i < below {
			x, y := s.Center()
			for j, p := range panels {
				at, size := corners[j], p.object.Size()
				if p.object.Visible() && x >= at.X && y >= at.Y && x < at.X+size.Width && y < at.Y+size.Height {
					span.Panel = p.name
				}
			}
		}
		probed = append(probed, span)
	}
	apart(probed)
	return probed, spans.Lines()
}

// apart gives collections and history, which are in the tree below the devices, a name of their own.
func apart(spans []view.ProbedSpan) {
	heading := slices.IndexFunc(spans, func(s view.ProbedSpan) bool {
		return s.Panel == "devices" && (s.Text == "COLLECTIONS" || s.Text == "HISTORY")
	})
	if heading < 0 {
		return
	}
	top := spans[heading].Y
	for i := range spans {
		if s := &spans[i]; s.Panel == "devices" && s.Y >= top {
			s.Panel = "kept"
		}
	}
}
