package view

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/protocol/linkformat"
	"coapscope/session/capability"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// CapabilityCard is what is known of what a device can do: from what was exchanged with it in this run, and from probing it,
// which happens only when the user asks for it. It is kept for this run. Its methods are for the window's goroutine.
type CapabilityCard struct {
	// Resource is the path that is probed, and Observable that of what is observed once; empty for the same.
	Resource, Observable string
	// Unsafe are methods that the user agrees to, with the resources they are tried on: PUT /lamp, DELETE /rules/1.
	Unsafe string

	bench    *Workbench
	endpoint netip.AddrPort
	card     capability.Card
	learned  int           // exchanges of the live packets that were looked at
	open     []track.Index // those of them that had no response yet
	cancel   context.CancelFunc
	done, of int // steps of the probing that runs, or ran last
	probed   time.Time
	problem  string
}

// CapabilityRow is a finding as it is shown.
type CapabilityRow struct {
	Name, Clause string
	Sign, Word   string
	Concept      Concept
	Text         string
	Frames       []trace.Seq // that show it
}

// Capability gives the card of a device, with what can be learned from the packets of this run.
func (w *Workbench) Capability(endpoint netip.AddrPort) *CapabilityCard {
	if d, ok := w.known.Get(endpoint); ok {
		endpoint = d.Endpoint
	}
	c := w.cards[endpoint]
	if c == nil {
		c = &CapabilityCard{bench: w, endpoint: endpoint}
		c.suggest()
		if w.cards == nil {
			w.cards = make(map[netip.AddrPort]*CapabilityCard)
		}
		w.cards[endpoint] = c
	}
	c.learn()
	return c
}

// moveCard takes the card of a device along to another address of it, unless it has one there.
func (w *Workbench) moveCard(from, to netip.AddrPort) {
	if c := w.cards[from]; c != nil && w.cards[to] == nil {
		c.endpoint = to
		w.cards[to] = c
		delete(w.cards, from)
		w.Changed(PartCapability)
	}
}

// CurrentDevice is where the selected device is, or else the one that has answered in a request tab; not valid for none.
func (w *Workbench) CurrentDevice() netip.AddrPort {
	if w.Devices.selected != "" {
		if endpoint, _ := splitRow(w.Devices.selected); endpoint.IsValid() {
			return endpoint
		}
	}
	if a := w.Tab().Answer; a != nil {
		return a.From
	}
	return netip.AddrPort{}
}

// closeCards ends what is under way.
func (w *Workbench) closeCards() {
	for _, c := range w.cards {
		c.Cancel()
	}
}

// device gives what is known of the device.
func (c *CapabilityCard) device() (discovery.Device, bool) { return c.bench.known.Get(c.endpoint) }

// Name is what the device is called.
func (c *CapabilityCard) Name() string { return c.bench.Devices.Name(c.endpoint) }

// Address is where it is.
func (c *CapabilityCard) Address() string { return discovery.EndpointText(c.endpoint) }

// suggest chooses what to probe: the largest resource, if it is larger than a block, as that shows most, and what says that
// it is observable.
func (c *CapabilityCard) suggest() {
	c.Resource = capability.WellKnown
	d, ok := c.device()
	if !ok {
		return
	}
	largest := int64(1024)
	for _, n := range resources(d.Tree.Root) {
		if size, ok := n.Size(); ok && size > largest && len(n.ID) < 100 {
			largest, c.Resource = size, n.ID
		}
		if n.Observable() && c.Observable == "" {
			c.Observable = n.ID
		}
	}
}

// resources gives all nodes of a tree that are resources.
func resources(n *discovery.Node) (all []*discovery.Node) {
	if n.IsResource() && strings.HasPrefix(n.ID, "/") {
		all = append(all, n)
	}
	for _, below := range n.Children {
		all = append(all, resources(below)...)
	}
	return all
}

// Resources gives paths to probe that the device has, the observable ones first where those are asked for; limit at most.
func (c *CapabilityCard) Resources(observable bool, limit int) (paths []string) {
	d, ok := c.device()
	if !ok {
		return nil
	}
	all := resources(d.Tree.Root)
	slices.SortStableFunc(all, func(a, b *discovery.Node) int {
		if observable && a.Observable() != b.Observable() {
			if a.Observable() {
				return -1
			}
			return 1
		}
		as, _ := a.Size()
		bs, _ := b.Size()
		return cmp.Compare(bs, as)
	})
	for _, n := range all[:min(limit, len(all))] {
		paths = append(paths, n.ID)
	}
	return paths
}

// ParseUnsafe reads methods with the resources they are tried on.
func ParseUnsafe(text string) (all []capability.Unsafe, err error) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' }) {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		if len(words) != 2 || !strings.HasPrefix(words[1], "/") {
			return nil, fmt.Errorf("%q: write a method and a path, as in PUT /lamp", strings.TrimSpace(part))
		}
		at := slices.IndexFunc(unsafeMethods, func(m protocol.Code) bool { return strings.EqualFold(m.Short(), words[0]) })
		if at < 0 {
			return nil, fmt.Errorf("%q is none of POST, PUT, PATCH, iPATCH, DELETE; GET and FETCH are tried anyway", words[0])
		}
		all = append(all, capability.Unsafe{Method: unsafeMethods[at], Path: words[1]})
	}
	return all, nil
}

var unsafeMethods = []protocol.Code{protocol.POST, protocol.PUT, protocol.PATCH, protocol.IPATCH, protocol.DELETE}

// target gives what is to be probed, or says why it cannot be.
func (c *CapabilityCard) target() (capability.Target, error) {
	t := capability.Target{Endpoint: c.endpoint, Resource: strings.TrimSpace(c.Resource), Observable: strings.TrimSpace(c.Observable)}
	var err error
	if t.Unsafe, err = ParseUnsafe(c.Unsafe); err != nil {
		return t, err
	}
	return t, t.Check()
}

// Plan gives every request that probing would send, and how many they are at most; or says why there can be none.
func (c *CapabilityCard) Plan() (steps []capability.Step, requests int, err error) {
	t, err := c.target()
	if err != nil {
		return nil, 0, err
	}
	steps = t.Plan()
	return steps, capability.Count(steps), nil
}

// Running tells whether the device is being probed, and how far that is.
func (c *CapabilityCard) Running() (running bool, done, of int) {
	return c.cancel != nil, c.done, c.of
}

// Probed tells when it was probed last; zero for not in this run.
func (c *CapabilityCard) Probed() time.Time { return c.probed }

// Problem says why the last probing ended early; empty for nothing.
func (c *CapabilityCard) Problem() string { return c.problem }

// Probe sends what the plan says. What comes of it is there step by step.
func (c *CapabilityCard) Probe() {
	if c.cancel != nil {
		return
	}
	t, err := c.target()
	if err != nil {
		c.problem = err.Error()
		c.bench.Changed(PartCapability)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	// What was judged by an earlier probing is judged anew, as the device may be another by now.
	c.card, c.learned, c.open = capability.Card{}, 0, nil
	c.learn()
	c.cancel, c.done, c.of, c.problem = cancel, 0, len(t.Plan()), ""
	c.bench.Changed(PartCapability)
	card := c.card
	go func() {
		card, err := capability.Probe(ctx, c.bench.Engine, t, card, func(done int, card capability.Card) {
			c.bench.inbox.Put(c, func() {
				c.done, c.card = done, card
				c.bench.Changed(PartCapability)
			})
		})
		at := time.Now()
		cancelled := ctx.Err() != nil
		cancel()
		c.bench.inbox.Put(nil, func() { c.ended(card, err, cancelled, at) })
	}()
}

func (c *CapabilityCard) ended(card capability.Card, err error, cancelled bool, at time.Time) {
	c.card, c.cancel, c.probed = card, nil, at
	// What was sent for it is known already, and is not to be counted twice.
	c.learned = c.bench.live.tracker.Len()
	c.bench.Changed(PartCapability)
	var silent *capability.SilentError
	switch {
	case cancelled:
		c.problem = "Probing was cancelled"
	case errors.As(err, &silent):
		c.problem = err.Error()
		if c.bench.known.Missed(c.endpoint) {
			c.bench.Changed(PartDevices)
		}
	case err != nil:
		c.problem = err.Error()
	default:
		c.done = c.of
		c.bench.known.Sighted(c.endpoint, at, 0)
		c.bench.Changed(PartDevices)
	}
}

// Cancel ends probing.
func (c *CapabilityCard) Cancel() {
	if c.cancel != nil {
		c.cancel()
	}
}

// learnAtMost bounds how many exchanges are looked at when a card is opened, as that is done while the window waits.
const learnAtMost = 20_000

// learn takes what the packets of this run show since it was looked last.
func (c *CapabilityCard) learn() {
	if c.cancel != nil {
		return // the card that probing fills is another
	}
	ours := map[netip.AddrPort]bool{c.endpoint: true}
	if d, ok := c.device(); ok {
		for _, other := range d.Also {
			ours[other] = true
		}
	}
	open := c.open
	c.open = nil
	for _, i := range open {
		c.learnFrom(i, ours)
	}
	n := c.bench.live.tracker.Len()
	for i := max(c.learned, n-learnAtMost); i < n; i++ {
		c.learnFrom(track.Index(i+1), ours)
	}
	c.open = c.open[max(0, len(c.open)-maxOpen):]
	c.learned = n
}

// maxOpen is how many exchanges are waited for, the newest.
const maxOpen = 256

// learnFrom takes what an exchange shows, if it is of the device. One that has no response yet is looked at again.
func (c *CapabilityCard) learnFrom(i track.Index, ours map[netip.AddrPort]bool) {
	t := c.bench.live
	x, ok := t.tracker.Exchange(i)
	if !ok || !ours[x.Server] || !x.RequestSeen || x.Framing.Reliable() {
		return
	}
	if x.ResponseFrame == 0 {
		c.open = append(c.open, i)
		return
	}
	request, response := t.log.At(trace.Seq(x.FirstFrame)), t.log.At(trace.Seq(x.ResponseFrame))
	if request == nil || response == nil {
		return // the log has dropped it
	}
	e := capability.Exchange{Sent: request.Seq, Received: response.Seq, RequestSize: len(request.Data), ResponseSize: len(response.Data)}
	if e.Request.ParseExtended(request.Data) != nil || e.Response.ParseExtended(response.Data) != nil {
		return
	}
	if x.Retransmissions == 0 {
		e.RTT = x.RTT
	}
	c.card.Learn(e)
}

// takes are the methods that an interface says a resource takes, as the drafts of CoRE Interfaces have it.
var takes = map[string][]capability.Feature{
	"core.a": {capability.Put, capability.Post}, "core.p": {capability.Put}, "core.b": {capability.Put, capability.Post}, "core.lb": {capability.Put, capability.Post},
}

// hints counts the links that say, by their interface, that a resource takes a method.
func hints(links linkformat.Links) map[capability.Feature]int {
	all := make(map[capability.Feature]int)
	for _, l := range links {
		said := make(map[capability.Feature]bool)
		for _, i := range l.Interfaces() {
			for _, f := range takes[i] {
				said[f] = true
			}
		}
		for f := range said {
			all[f]++
		}
	}
	return all
}

// Rows gives what is known.
func (c *CapabilityCard) Rows() []CapabilityRow {
	d, _ := c.device()
	says := hints(d.Links)
	findings := c.card.Findings()
	rows := make([]CapabilityRow, len(findings))
	for i, f := range findings {
		r := CapabilityRow{Name: f.Feature.String(), Clause: f.Feature.Clause(), Word: f.Feature.Word(f.Verdict), Text: f.Text, Frames: f.Frames}
		switch f.Verdict {
		case capability.Yes:
			r.Sign, r.Concept = "✔", Good
		case capability.No:
			r.Sign, r.Concept = "–", Plain
		case capability.Broken:
			r.Sign, r.Concept = "✖", Error
		default:
			r.Sign, r.Concept = "?", Dim
			if n := says[f.Feature]; n > 0 {
				r.Text += "; by their interface (if) " + count(n, "resource takes", "resources take") + " it"
			}
		}
		rows[i] = r
	}
	return rows
}

// Text gives the card as text.
func (c *CapabilityCard) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Capabilities of %s, coap://%s\n", c.Name(), c.Address())
	if c.probed.IsZero() {
		b.WriteString("not probed, from what was exchanged only\n")
	} else {
		fmt.Fprintf(&b, "probed %s with GET %s\n", c.probed.Format(time.DateTime), c.Resource)
	}
	b.WriteString("\n")
	for _, r := range c.Rows() {
		fmt.Fprintf(&b, "%s %s: %s: %s (%s)\n", r.Sign, r.Name, r.Word, r.Text, r.Clause)
	}
	return b.String()
}

// ShowEvidence selects a packet that shows something.
func (c *CapabilityCard) ShowEvidence(s trace.Seq) {
	c.bench.ShowLive()
	c.bench.SelectFrame(s)
}
