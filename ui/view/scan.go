package view

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/session"
	"coapscope/ui/draft"
)

// Scan is the search for devices: what was chosen, and how it goes.
type Scan struct {
	Choice  ScanChoice
	Running bool
	Plan    discovery.Plan // that runs, or ran last
	Round   int            // that was sent last, of Plan.Rounds
	// Progress is that of a search of hosts, one by one.
	Progress discovery.Progress
	Found    int // devices that have answered, or said by DNS-SD that they are there
	// ByRound are how many have answered first in each round; at 0 those that DNS-SD told of.
	ByRound []int
	Refused []discovery.Refused // what could not be sent
	Until   time.Time
	Outcome discovery.Outcome // of the last one that ended
	Problem string

	// Asking is a plan that waits for the user's word, because of [discovery.Plan.Question]; nil for none. See
	// [Workbench.ConfirmScan] and [Workbench.DeclineScan].
	Asking *discovery.Plan

	cancel context.CancelFunc
	began  time.Time
	failed *discovery.Failed // the last device that could not be read; nil for none
	found  map[netip.AddrPort]bool
}

// ScanChoice is what the user chose for searches. The zero value is the search of one click: it stays on the link, and asks All
// CoAP Nodes and DNS-SD, as far as nobody knows beforehand by which of them a device can be found.
type ScanChoice struct {
	Interfaces []string          `json:",omitempty"` // by name; empty for all that there are, or for loopback while the lab runs
	Groups     []netip.Addr      `json:",omitempty"` // empty for the narrowest of All CoAP Nodes, see [discovery.AllCoAPNodes]
	NoGroups   bool              `json:",omitempty"` // no group is asked
	NoDNSSD    bool              `json:",omitempty"` // nothing is asked by DNS-SD
	Ports      string            `json:",omitempty"` // numbers; empty for 5683
	Filters    string            `json:",omitempty"` // such as rt=temperature*, separated by blanks; empty for all links
	HopLimit   int               `json:",omitempty"` // 0 for that of the groups' scope
	Rounds     int               `json:",omitempty"` // 0 for three
	Leisure    discovery.Leisure `json:",omitzero"`
}

// search reads the choice.
func (c ScanChoice) search(by []discovery.Interface) (discovery.Search, error) {
	s := discovery.Search{
		By: by, Groups: c.Groups, NoGroups: c.NoGroups, Filters: strings.Fields(c.Filters), HopLimit: c.HopLimit, Rounds: c.Rounds, Leisure: c.Leisure,
	}
	if !c.NoDNSSD {
		s.Services = discovery.Services()
	}
	for word := range strings.FieldsFuncSeq(c.Ports, func(r rune) bool { return r == ',' || r == ' ' }) {
		port, err := strconv.ParseUint(word, 10, 16)
		if err != nil || port == 0 {
			return s, fmt.Errorf("port %q: write a number from 1 to 65535, such as %d", word, protocol.Port)
		}
		s.Ports = append(s.Ports, uint16(port))
	}
	return s, nil
}

// ScanInterfaces gives the interfaces by which Discover looks for devices: the chosen ones that are there; else, while
// the lab runs, loopback; else all that lead to a network.
func (w *Workbench) ScanInterfaces() ([]discovery.Interface, error) {
	all, err := w.Interfaces()
	if err != nil {
		return nil, err
	}
	var chosen []discovery.Interface
	for _, i := range all {
		if slices.Contains(w.Scan.Choice.Interfaces, i.Net.Name) {
			chosen = append(chosen, i)
		}
	}
	if len(chosen) > 0 {
		return chosen, nil
	}
	for _, i := range all {
		if i.Loopback == w.LabRuns() {
			chosen = append(chosen, i)
		}
	}
	switch {
	case len(chosen) > 0:
		return chosen, nil
	case len(all) > 0:
		return all, nil
	}
	return nil, fmt.Errorf("no network interface is up; type the address of a device instead")
}

// ScanInterfaceText names the interfaces of [Workbench.ScanInterfaces] in short.
func (w *Workbench) ScanInterfaceText() (string, error) {
	by, err := w.ScanInterfaces()
	if err != nil {
		return "", err
	}
	if len(by) == 1 {
		return by[0].Net.Name, nil
	}
	return count(len(by), "interface", "interfaces"), nil
}

// interfacesLife is how long the list of interfaces is good for. It is looked at whenever the status line is
// drawn, and with many interfaces the system takes its time to make it.
const interfacesLife = 2 * time.Second

// Interfaces gives those that there are to search by.
func (w *Workbench) Interfaces() ([]discovery.Interface, error) {
	if now := time.Now(); w.linksAt.IsZero() || now.Sub(w.linksAt) >= interfacesLife {
		w.links, w.linksErr = discovery.Interfaces()
		w.linksAt = now
	}
	return w.links, w.linksErr
}

// ToggleInterface has Discover look by that interface too, or not any more. The first toggle starts from what it would
// do without a choice.
func (w *Workbench) ToggleInterface(name string) {
	names := w.Scan.Choice.Interfaces
	if len(names) == 0 {
		by, _ := w.ScanInterfaces()
		for _, i := range by {
			names = append(names, i.Net.Name)
		}
	}
	if at := slices.Index(names, name); at >= 0 {
		names = slices.Delete(slices.Clone(names), at, at+1)
	} else {
		names = append(slices.Clone(names), name)
	}
	w.ChooseInterfaces(names...)
}

// ChooseInterfaces has Discover look by these interfaces; none for what it does without a choice.
func (w *Workbench) ChooseInterfaces(names ...string) {
	w.Scan.Choice.Interfaces = names
	w.Changed(PartBar | PartStatus)
}

// scanLoopback has Discover look on loopback too, where the lab is, if the user has chosen other interfaces.
func (w *Workbench) scanLoopback() {
	all, err := w.Interfaces()
	if err != nil || len(w.Scan.Choice.Interfaces) == 0 {
		return
	}
	for _, i := range all {
		if i.Loopback && !slices.Contains(w.Scan.Choice.Interfaces, i.Net.Name) {
			w.ToggleInterface(i.Net.Name)
		}
	}
}

// PlanScan gives what Discover would send, and sends nothing.
func (w *Workbench) PlanScan() (discovery.Plan, error) {
	by, err := w.ScanInterfaces()
	if err != nil {
		return discovery.Plan{}, err
	}
	search, err := w.Scan.Choice.search(by)
	if err != nil {
		return discovery.Plan{}, err
	}
	return search.Plan()
}

// Discover asks All CoAP Nodes on the chosen interfaces for what they have (RFC 7252 §8), and looks for those that DNS-SD knows
// of. Devices appear as they answer. What may leave the link waits for the user's word. While a search runs, it is ended instead.
func (w *Workbench) Discover() {
	if w.Scan.Running {
		w.Scan.cancel()
		return
	}
	w.propose(w.PlanScan())
}

// propose carries out a plan, or asks for the user's word first.
func (w *Workbench) propose(p discovery.Plan, err error) {
	w.Changed(PartBar | PartStatus | PartDevices)
	switch {
	case err != nil:
		w.Scan.Problem = err.Error()
		w.Say(Error, "Discover: %v", err)
	case w.Scan.Running:
		w.Say(Warning, "A search runs already; stop it first")
	case p.Question() != "":
		w.Scan.Asking = &p
		w.Say(Warning, "%s", p.Question())
	default:
		w.run(p)
	}
}

// ConfirmScan carries out the plan that was asked about. It does nothing where there is none.
func (w *Workbench) ConfirmScan() {
	if p := w.Scan.Asking; p != nil && !w.Scan.Running {
		w.Scan.Asking = nil
		w.Message = "" // which was the question
		w.run(*p)
	}
}

// DeclineScan drops the plan that was asked about: nothing of it is sent.
func (w *Workbench) DeclineScan() {
	if w.Scan.Asking != nil {
		w.Scan.Asking = nil
		w.Say(Dim, "Nothing was sent")
		w.Changed(PartBar | PartDevices)
	}
}

// run carries out a plan.
func (w *Workbench) run(p discovery.Plan) {
	ctx, cancel := context.WithCancel(context.Background())
	w.Scan = Scan{
		Choice: w.Scan.Choice, Running: true, Plan: p, Until: time.Now().Add(p.Time()), began: time.Now(), cancel: cancel,
		ByRound: make([]int, p.Rounds+1), found: make(map[netip.AddrPort]bool),
	}
	w.Changed(PartBar | PartStatus | PartDevices)
	go func() {
		outcome, err := w.finder.Run(ctx, p, w.scanned)
		cancelled := ctx.Err() != nil
		cancel()
		w.inbox.Put(nil, func() { w.scanEnded(outcome, err, cancelled) })
	}()
}

// scanProgress is the key of the news of it: only the newest counts.
type scanProgress struct{}

// scanned takes what a search tells, on its goroutine.
func (w *Workbench) scanned(e discovery.Event) {
	switch e := e.(type) {
	case discovery.Round:
		w.inbox.Put(nil, func() {
			w.Scan.Round = e.N
			w.Changed(PartStatus)
		})
	case discovery.Progress:
		w.inbox.Put(scanProgress{}, func() {
			w.Scan.Progress = e
			w.Changed(PartStatus)
		})
	case discovery.Refused:
		w.inbox.Put(nil, func() {
			w.Scan.Refused = append(w.Scan.Refused, e)
			w.Changed(PartStatus)
		})
	case discovery.Answered:
		if w.known.Sighted(e.Endpoint, time.Now(), 0) {
			w.inbox.Put(nil, func() { w.Changed(PartDevices) })
		}
	case discovery.Advertised:
		d := w.known.Advertise(e.Device) // here, as it is compared with all that are known
		w.inbox.Put(nil, func() { w.scanFound(d, 0) })
	case discovery.Withdrawn:
		if w.known.Withdrawn(e.Device) {
			w.inbox.Put(nil, func() {
				w.Say(Warning, "%s says by DNS-SD that it is not there any more", w.Devices.Name(e.Device.Endpoint))
				w.Changed(PartDevices)
			})
		}
	case discovery.Found:
		d := w.known.Add(e.Device)
		w.inbox.Put(nil, func() {
			w.scanFound(d, e.Round)
			if f := w.Scan.failed; f != nil && f.Endpoint == e.Device.Endpoint {
				w.Scan.failed = nil
			}
		})
	case discovery.Failed:
		w.inbox.Put(nil, func() {
			w.Scan.failed = &e
			if e.Advertised {
				w.known.Missed(e.Endpoint)
			}
			w.Say(Warning, "%v", e.Err)
			w.Changed(PartDevices)
		})
	}
}

// scanFound counts a device, once.
func (w *Workbench) scanFound(d discovery.Device, round int) {
	s := &w.Scan
	if s.found == nil {
		s.found = make(map[netip.AddrPort]bool)
	}
	if !s.found[d.Endpoint] {
		s.found[d.Endpoint] = true
		s.Found++
		if round < len(s.ByRound) {
			s.ByRound[round]++
		}
	}
	w.Changed(PartDevices | PartBar | PartStatus)
}

func (w *Workbench) scanEnded(outcome discovery.Outcome, err error, cancelled bool) {
	w.Scan.Running, w.Scan.Outcome = false, outcome
	w.Changed(PartBar | PartStatus | PartDevices)
	if err == nil && !cancelled {
		w.known.Swept(w.Scan.Plan, w.Scan.began)
	}
	moved := w.followMoves()
	found, by := count(w.Scan.Found, "device", "devices"), w.scannedOn()
	switch {
	case err != nil && !cancelled: // one family of addresses may well have no route; this is of all
		w.Scan.Problem = err.Error()
		w.Say(Error, "%s", w.Scan.Problem)
	case w.Scan.Found == 0 && !cancelled:
		if len(w.Scan.Plan.Targets) > 0 {
			w.Say(Warning, "No device answered %s", by)
			return
		}
		w.Say(Warning, "No device answered %s. Add one by its address, or look on another interface.", by)
	case moved != "":
		w.Say(Good, "%s answered %s; %s", found, by, moved)
	case w.Scan.failed != nil && !cancelled:
		w.Say(Warning, "%s answered %s; %v", found, by, w.Scan.failed.Err)
	case outcome.Group > outcome.Endpoints:
		w.Say(Warning, "%s answered %s, and about %d more may be there: search again", found, by, outcome.Group-outcome.Endpoints)
	default:
		w.Say(Good, "%s answered %s", found, by)
	}
}

// scannedOn says where the plan that ran has looked.
func (w *Workbench) scannedOn() string {
	if n := w.Scan.Plan.Targets.Count(); n > 0 {
		return "of " + count(n, "host", "hosts")
	}
	var names []string
	for _, a := range slices.Concat(w.Scan.Plan.Asks, w.Scan.Plan.Browses) {
		if a.By != nil && !slices.Contains(names, a.By.Name) {
			names = append(names, a.By.Name)
		}
	}
	return "on " + strings.Join(names, ", ")
}

// AddHost asks a host that the user names for its resources. A list or a range of hosts ([discovery.ParseTargets]) is
// searched, when the user has agreed to the plan.
func (w *Workbench) AddHost(text string) {
	if targets, err := discovery.ParseTargets(text, protocol.Port); err == nil && targets.Count() > 1 {
		w.propose(targets.Plan(0))
		return
	} else if _, noNetwork := netip.ParsePrefix(strings.TrimSpace(text)); err != nil && (noNetwork == nil || strings.ContainsAny(strings.TrimSpace(text), ", \t")) {
		w.Say(Error, "%v", err) // it is meant to be a network, or a list
		return
	}
	uri, err := draft.ParseAddress(text, protocol.URI{})
	if err != nil {
		w.Say(Error, "%v", err)
		return
	}
	if addr, ok := uri.Addr(); ok && addr.IsMulticast() {
		w.Say(Error, "%s is a group; Discover asks it", uri.Host)
		return
	}
	w.askHost(uri.Host, func(ctx context.Context) (netip.AddrPort, error) { return session.Resolve(ctx, uri) })
}
