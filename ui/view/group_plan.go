package view

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/keep"
)

// Question is what a tab asks the user before it goes on.
type Question struct {
	Text    string
	Yes, No string // what is done
	yes     func()
}

// Decide goes on with what the current tab asks about, or drops it.
func (w *Workbench) Decide(yes bool) {
	t := w.Tab()
	q := t.Asks
	if q == nil {
		return
	}
	t.Asks = nil
	w.Changed(PartAnswer)
	if yes {
		q.yes()
		return
	}
	w.Say(Dim, "Nothing was sent")
}

// question has the tab ask the user.
func (w *Workbench) question(t *Tab, q Question) {
	t.Asks = &q
	w.Say(Warning, "%s", q.Text)
	w.Changed(PartAnswer)
}

// ToGroup tells whether the request of a tab goes to a group, and whether that is a multicast address.
func (w *Workbench) ToGroup(t *Tab) (group, multicast bool) {
	b := w.built(t)
	return t.Draft.Group != "" || b.Multicast, b.Multicast
}

// groupPlan is where a request to a group goes.
type groupPlan struct {
	group keep.Group // without a name for an address that was typed
	plan  discovery.Plan
	to    string
}

// key is the same where what was asked about is: where the request goes, and where it may change something what it is.
func (p *groupPlan) key(b *draft.Built) string {
	var asks []string
	if m := b.Request.Message.Code; m != protocol.GET && m != protocol.FETCH {
		asks = append(asks, m.String(), b.URI.PathQuery())
	}
	for _, a := range p.plan.Asks {
		asks = append(asks, a.String())
	}
	return strings.Join(asks, "; ")
}

// question is what to ask before the request is sent, because it may leave the link.
func (p *groupPlan) question(method string) string {
	var ways []string
	for _, a := range p.plan.Asks {
		way := fmt.Sprintf("hop limit %d", a.HopLimit)
		if a.By != nil {
			way = "by " + a.By.Name + ", " + way
		}
		ways = append(ways, way)
	}
	return fmt.Sprintf("Send this %s of %d bytes to %s (%s)? It may reach %s, and whoever is in the group there does what it says.",
		method, p.plan.Bytes, p.to, strings.Join(ways, "; "), ScopeWords(p.plan.Scope()))
}

// planGroup says where the request of a tab goes. Nothing is sent.
func (w *Workbench) planGroup(t *Tab, b *draft.Built) (p groupPlan, err error) {
	if g := w.Groups.Find(t.Draft.Group); g != nil {
		p.group = g.Clone()
	} else if addr, ok := b.Destination.Addr(); ok {
		p.group.Multicast = netip.AddrPortFrom(addr.Unmap().WithZone(""), b.Destination.Port)
		if zone := addr.Zone(); zone != "" {
			if index, err := strconv.Atoi(zone); err == nil { // a zone may be the number of an interface (RFC 4007 §11.2)
				if by, err := net.InterfaceByIndex(index); err == nil {
					zone = by.Name
				}
			}
			p.group.Interfaces = []string{zone}
		}
	}
	if !p.group.IsMulticast() {
		p.to = count(len(p.group.Members), "member", "members")
		return p, nil
	}
	by, err := w.groupInterfaces(&p.group)
	if err != nil {
		return p, err
	}
	p.plan, err = discovery.Search{
		By: by, Groups: []netip.Addr{p.group.Multicast.Addr()}, Ports: []uint16{p.group.Multicast.Port()}, HopLimit: p.group.HopLimit, Rounds: 1,
	}.Plan()
	if err != nil {
		return p, err
	}
	m := b.Request.Message
	if m.Token.Len() == 0 {
		m.Token = protocol.TokenOf(make([]byte, 8))
	}
	p.plan.Bytes = sizeOf(&m)
	p.to = discovery.EndpointText(p.group.Multicast)
	return p, nil
}

// groupInterfaces gives the interfaces by which a group is asked.
func (w *Workbench) groupInterfaces(g *keep.Group) ([]discovery.Interface, error) {
	if len(g.Interfaces) == 0 {
		return w.ScanInterfaces()
	}
	all, err := w.Interfaces()
	if err != nil {
		return nil, err
	}
	var by []discovery.Interface
	for _, name := range g.Interfaces {
		at := slices.IndexFunc(all, func(i discovery.Interface) bool { return i.Net.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("there is no interface %s that is up and can be sent from", name)
		}
		by = append(by, all[at])
	}
	return by, nil
}

// lateWait is how long answers are taken that come after the leisure, so that they are seen for what they are.
const lateWait = 5 * time.Second

// guessedSize is how long an answer is thought to be before there is one, with headers, in bytes.
const guessedSize = 100

// sendGroup sends the request of a tab to the group that it goes to, or asks first where that may leave the link.
func (w *Workbench) sendGroup(t *Tab) {
	last := t.Group
	w.stop(t)
	t.Group = last // until there is another
	w.Changed(PartTabs | PartAnswer | PartStatus)
	b := w.built(t)
	t.Problems, t.Progress, t.Last, t.said, t.Repeat, t.Asks = b.Problems, nil, nil, nil, nil, nil
	t.Waits, t.waiting, t.waitsAt = "", nil, 0
	if len(b.Problems) > 0 {
		return
	}
	p, err := w.planGroup(t, &b)
	if err != nil {
		t.Problems = []draft.Problem{{Where: draft.AddressField, Option: -1, Offset: -1, Text: err.Error()}}
		w.Say(Error, "Not sent: %v", err)
		return
	}
	if key := p.key(&b); p.plan.Scope().Wide() && t.agreed != key {
		w.question(t, Question{
			Text: p.question(MethodText(t.Draft.Method)), Yes: "Send it", No: "Send nothing",
			yes: func() {
				t.agreed = key
				w.sendGroup(t)
			},
		})
		return
	}
	w.runGroup(t, &b, &p)
}
