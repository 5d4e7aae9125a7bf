package ui

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Probed is what the window says, for a test that looks at it from outside.
type Probed struct {
	Width, Height float32 // of the window's content, in device pixels
	Spans         []ProbedSpan
	Lines         []string // the spans as one reads them

	Devices     int
	Tabs        []string
	State       string // of the current tab: idle, asking, observing, cancelling
	Code        string // of its answer, c.dd; empty for none
	PayloadSize int
	Notified    int
	Packets     int
	Selected    int // packet in the inspector; 0 for none
	Fields      []string
	Message     string
}

// ProbedSpan is a text of the window and its box in device pixels.
type ProbedSpan struct {
	Text       string
	X, Y, W, H float32
}

var stateNames = map[view.TabState]string{
	view.TabIdle: "idle", view.TabAsking: "asking", view.TabObserving: "observing", view.TabCancelling: "cancelling",
}

// Probe lets a test look at the window: it listens at a socket file that only the user can open, and
// answers every line that it gets with what the window says, as one line of JSON.
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
		var p Probed
		fyne.DoAndWait(func() { p = w.probe() })
		if json.NewEncoder(conn).Encode(p) != nil {
			return
		}
	}
}

// probe gathers what the window says. It runs on the window's goroutine.
func (w *Window) probe() Probed {
	canvas := w.window.Canvas()
	scale, size := canvas.Scale(), canvas.Size()
	b := w.bench
	t := b.Tab()
	p := Probed{
		Width: size.Width * scale, Height: size.Height * scale,
		Devices: b.Devices.Len(), State: stateNames[t.State], Packets: b.Traffic.Total(),
		Selected: int(b.SelectedFrame()), Message: b.Message,
	}
	spans := widget.Spans(canvas)
	p.Lines = spans.Lines()
	for _, s := range spans {
		p.Spans = append(p.Spans, ProbedSpan{s.Text, s.X * scale, s.Y * scale, s.W * scale, s.H * scale})
	}
	for _, tab := range b.Tabs {
		p.Tabs = append(p.Tabs, b.Title(tab))
	}
	if a := t.Answer; a != nil && a.Err == nil {
		p.Code, p.PayloadSize, p.Notified = a.Message.Code.Dotted(), len(a.Message.Payload), a.Notified
	}
	for _, r := range b.Inspector.Rows(nil) {
		p.Fields = append(p.Fields, r.Name+": "+r.Value)
	}
	return p
}
