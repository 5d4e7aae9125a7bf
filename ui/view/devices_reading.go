package view

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/exchange"
)

// Reading is the reading anew of the values of several resources.
type Reading struct {
	Running bool
	Done    int // requests that were answered, or not
	Failed  int // of those
	Of      int

	// Asking waits for the user's word, since it is many requests; nil for none. See [Workbench.ConfirmReading] and
	// [Workbench.DeclineReading].
	Asking *ReadingPlan

	cancel context.CancelFunc
}

// ReadingPlan is what is to be read.
type ReadingPlan struct {
	Requests int
	Left     int // large resources that are left out
	devices  []readingOf
}

// readingOf is what is to be read of a device.
type readingOf struct {
	to    netip.AddrPort
	paths []string
}

const (
	// askedReading is the number of requests from which on the user is asked first.
	askedReading = 20
	// parallelReading is how many devices are asked at the same time; each gets one request after the other (NSTART,
	// RFC 7252 §4.7).
	parallelReading = 8
	// maxReadBody bounds what is read of a resource that does not say how large it is.
	maxReadBody = 16 << 10
)

// add plans to read a node of a device. A large resource is no value that the tree could show, and what leads elsewhere is
// not the device's.
func (p *ReadingPlan) add(d *deviceNodes, i int) {
	n := &d.nodes[i]
	if !n.resource || !strings.HasPrefix(n.ID, "/") || n.ID == "/.well-known/core" {
		return
	}
	if size, ok := n.Size(); ok && size > largeResource {
		p.Left++
		return
	}
	if k := len(p.devices) - 1; k < 0 || p.devices[k].to != d.endpoint {
		p.devices = append(p.devices, readingOf{to: d.endpoint})
	}
	of := &p.devices[len(p.devices)-1]
	of.paths = append(of.paths, n.ID)
	p.Requests++
}

// question says what would be sent.
func (p *ReadingPlan) question() string {
	text := "That is " + Grouped(p.Requests) + " GET requests to " + count(len(p.devices), "device", "devices")
	if p.Left > 0 {
		text += "; " + count(p.Left, "large resource is", "large resources are") + " left out"
	}
	return text + ". Send them?"
}

// Question is the question in short, as two lines for the tree of devices.
func (p *ReadingPlan) Question() (question, about string) {
	about = "of " + count(len(p.devices), "device", "devices")
	if p.Left > 0 {
		about += "; " + Grouped(p.Left) + " large left out"
	}
	return "Read " + count(p.Requests, "value", "values") + "?", about
}

// ReadAgain reads the value of a resource anew by its row; of a device or group, those of all its resources.
func (w *Workbench) ReadAgain(row string) {
	endpoint, group, path := splitGroup(row)
	if path != "" {
		if _, _, listed := w.Devices.Resource(row); listed && path[0] == '/' {
			w.readOne(endpoint, path)
		}
		return
	}
	t := w.Devices
	var p ReadingPlan
	if endpoint.IsValid() {
		if i, ok := t.index.at[endpoint]; ok {
			for j := range t.index.devices[i].nodes {
				p.add(t.index.devices[i], j)
			}
		}
	} else if i, ok := t.index.groupAt[group]; ok {
		for _, m := range t.index.groups[i].members {
			p.add(t.index.devices[m.device], int(m.node))
		}
	}
	w.proposeReading(&p)
}

// ReadAll reads the values of all resources that the filter leaves.
func (w *Workbench) ReadAll() {
	var p ReadingPlan
	for _, d := range w.Devices.index.devices {
		for j := range d.nodes {
			if d.lists(j) {
				p.add(d, j)
			}
		}
	}
	w.proposeReading(&p)
}

func (w *Workbench) proposeReading(p *ReadingPlan) {
	w.Changed(PartDevices | PartStatus)
	switch {
	case w.Reading.Running:
		w.Say(Warning, "Values are being read already; stop that first")
	case p.Requests == 0 && p.Left > 0:
		w.Say(Warning, "Only large resources are there, which are left out: read them one by one")
	case p.Requests == 0:
		w.Say(Warning, "No resource is there to be read")
	case p.Requests > askedReading:
		w.Reading.Asking = p
		w.Say(Warning, "%s", p.question())
	default:
		w.read(p)
	}
}

// ConfirmReading sends what was asked about. It does nothing where there is nothing.
func (w *Workbench) ConfirmReading() {
	if p := w.Reading.Asking; p != nil && !w.Reading.Running {
		w.read(p)
	}
}

// DeclineReading drops what was asked about: nothing of it is sent.
func (w *Workbench) DeclineReading() {
	if w.Reading.Asking != nil {
		w.Reading.Asking = nil
		w.Say(Dim, "Nothing was sent")
		w.Changed(PartDevices)
	}
}

// StopReading ends the reading of values.
func (w *Workbench) StopReading() {
	if w.Reading.Running {
		w.Reading.cancel()
	}
}

// readOne reads one value.
func (w *Workbench) readOne(to netip.AddrPort, path string) {
	w.Say(Dim, "Reading %s of %s …", path, w.Devices.Name(to))
	go func() {
		a := w.get(context.Background(), to, path, 0)
		w.inbox.Put(nil, func() {
			w.note(to, path, protocol.GET, a)
			code, concept := a.Code()
			if a.Err != nil {
				code += ": " + a.Err.Error()
			}
			w.Say(concept, "%s of %s: %s", path, w.Devices.Name(to), code)
		})
	}()
}

// get asks for a resource. It waits: with a bound on the body, which is for many, not for long where a device promises an
// answer and does not give it.
func (w *Workbench) get(ctx context.Context, to netip.AddrPort, path string, most int64) *Answer {
	u, err := protocol.ParseURI(protocol.URI{Scheme: protocol.CoAP, Host: to.Addr().String(), Port: to.Port()}.String() + strings.TrimPrefix(path, "/"))
	if err != nil {
		return answerOf(new(session.Response), err)
	}
	r := session.Request{To: to, Message: protocol.Message{Type: protocol.Confirmable, Code: protocol.GET, Options: u.Options()}}
	if most > 0 {
		r.MaxBody, r.Timeout = most, answerWait
	}
	a := answerOf(w.Engine.Do(ctx, r))
	a.To = to
	return a
}

// read carries out a plan: of each device one request after the other, of few devices at the same time.
func (w *Workbench) read(p *ReadingPlan) {
	ctx, cancel := context.WithCancel(context.Background())
	begun := time.Now()
	w.Reading = Reading{Running: true, Of: p.Requests, cancel: cancel}
	w.Changed(PartDevices | PartStatus)
	w.sayReading()
	devices := make(chan readingOf, len(p.devices))
	for _, d := range p.devices {
		devices <- d
	}
	close(devices)
	ended := make(chan struct{})
	workers := min(parallelReading, len(p.devices))
	for range workers {
		go func() {
			for d := range devices {
				w.readDevice(ctx, d)
			}
			ended <- struct{}{}
		}()
	}
	go func() {
		for range workers {
			<-ended
		}
		cancelled := ctx.Err() != nil
		cancel()
		w.inbox.Put(nil, func() { w.readingEnded(cancelled, time.Since(begun)) })
	}()
}

// readDevice reads the values of a device. Where it is silent, what is left of it is not asked for.
func (w *Workbench) readDevice(ctx context.Context, d readingOf) {
	for i, path := range d.paths {
		if ctx.Err() != nil {
			return
		}
		a := w.get(ctx, d.to, path, maxReadBody)
		if ctx.Err() != nil && a.Err != nil {
			return
		}
		lost := 0
		var silent *exchange.TimeoutError
		var unreachable *exchange.UnreachableError
		if errors.As(a.Err, &silent) || errors.As(a.Err, &unreachable) {
			lost = len(d.paths) - i - 1
		}
		w.inbox.Put(nil, func() {
			w.Reading.Done += 1 + lost
			w.Reading.Failed += lost
			if a.Err != nil || a.Message.Code.Class() != 2 {
				w.Reading.Failed++
			}
			w.note(d.to, path, protocol.GET, a)
			w.sayReading()
		})
		if lost > 0 {
			return
		}
	}
}

func (w *Workbench) sayReading() {
	w.Say(Dim, "Reading values: %s of %s · Esc stops", Grouped(w.Reading.Done), Grouped(w.Reading.Of))
}

func (w *Workbench) readingEnded(cancelled bool, took time.Duration) {
	r := w.Reading
	w.Reading = Reading{}
	w.Changed(PartDevices)
	read := count(r.Done-r.Failed, "value", "values") + " read"
	switch {
	case cancelled:
		w.Say(Warning, "Stopped: %s, %s", read, count(r.Of-r.Done, "request was not sent", "requests were not sent"))
	case r.Failed > 0:
		w.Say(Warning, "%s in %s, %s", read, Duration(took), count(r.Failed, "resource gave none", "resources gave none"))
	default:
		w.Say(Good, "%s in %s", read, Duration(took))
	}
}

// ReadSelectedLinks does [Workbench.AskDevice] for the device of the selected row.
func (w *Workbench) ReadSelectedLinks() {
	if endpoint := w.selectedDevice(); endpoint.IsValid() {
		w.AskDevice(endpoint)
	}
}

// CancelAny ends what the current tab has open, or else the reading of values.
func (w *Workbench) CancelAny() {
	if t := w.Tab(); t.State == TabIdle && t.Asks == nil && w.Reading.Running {
		w.StopReading()
		return
	}
	w.Cancel()
}
