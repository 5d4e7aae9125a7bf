package view

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/session"
	"coapscope/ui/draft"
)

// Scan is the search for devices: what was chosen, and how it goes.
type Scan struct {
	Interface string // by name; "" for the choice of [Workbench.ScanInterface]
	Running   bool
	Found     int // devices that have answered
	Until     time.Time
	Problem   string

	cancel context.CancelFunc
	failed error // why the last device that could not be read could not be
}

// ScanInterface gives the interface by which Discover looks for devices: the chosen one; else, while
// the lab runs, loopback; else the first that leads to a network.
func (w *Workbench) ScanInterface() (discovery.Interface, error) {
	all, err := w.interfaces()
	if err != nil {
		return discovery.Interface{}, err
	}
	for _, i := range all {
		if i.Net.Name == w.Scan.Interface {
			return i, nil
		}
	}
	for _, i := range all {
		if i.Loopback == w.LabRuns() {
			return i, nil
		}
	}
	if len(all) > 0 {
		return all[0], nil
	}
	return discovery.Interface{}, fmt.Errorf("no network interface is up; type the address of a device instead")
}

// interfacesLife is how long the list of interfaces is good for. It is looked at whenever the status line is
// drawn, and with many interfaces the system takes its time to make it.
const interfacesLife = 2 * time.Second

func (w *Workbench) interfaces() ([]discovery.Interface, error) {
	if now := time.Now(); w.linksAt.IsZero() || now.Sub(w.linksAt) >= interfacesLife {
		w.links, w.linksErr = discovery.Interfaces()
		w.linksAt = now
	}
	return w.links, w.linksErr
}

// ChooseInterface has Discover look by that interface.
func (w *Workbench) ChooseInterface(name string) {
	w.Scan.Interface = name
	w.Changed(PartBar | PartStatus)
}

// askAgain is when the group is asked a second time: late enough to be another chance, and early enough
// for the leisure of those who missed the first.
const askAgain = 1500 * time.Millisecond

// Discover asks All CoAP Nodes on the chosen interface for what they have (RFC 7252 §8). Devices appear
// as they answer. While it runs, it is ended instead.
func (w *Workbench) Discover() {
	w.Changed(PartBar | PartStatus | PartDevices)
	if w.Scan.Running {
		w.Scan.cancel()
		return
	}
	via, err := w.ScanInterface()
	if err != nil {
		w.Scan.Problem = err.Error()
		w.Say(Error, "Discover: %v", err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.Scan.Running, w.Scan.Found, w.Scan.Problem, w.Scan.failed, w.Scan.cancel = true, 0, "", nil, cancel
	w.Scan.Until = time.Now().Add(discovery.DefaultWait)
	var busy sync.WaitGroup
	groups := via.Groups(protocol.Port)
	errs := make([]error, len(groups))
	for i, group := range groups {
		busy.Go(func() {
			errs[i] = w.finder.Multicast(ctx, discovery.Scan{Group: group, Interface: &via.Net, Again: askAgain}, w.scanned)
		})
	}
	go func() {
		busy.Wait()
		cancelled := ctx.Err() != nil
		cancel()
		w.inbox.Put(nil, func() { w.scanEnded(via, errs, cancelled) })
	}()
}

// scanned takes what a search tells, on its goroutine.
func (w *Workbench) scanned(e discovery.Event) {
	switch e := e.(type) {
	case discovery.Found:
		w.inbox.Put(nil, func() {
			w.known.Add(e.Device)
			w.Scan.Found++
			w.Changed(PartDevices | PartBar | PartStatus)
		})
	case discovery.Failed:
		w.inbox.Put(nil, func() {
			w.Scan.failed = e.Err
			w.Say(Warning, "%v", e.Err)
		})
	}
}

func (w *Workbench) scanEnded(via discovery.Interface, errs []error, cancelled bool) {
	w.Scan.Running = false
	w.Changed(PartBar | PartStatus | PartDevices)
	failed := 0
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			failed++
		}
	}
	switch {
	case failed == len(errs) && failed > 0: // one family of addresses may well have no route
		w.Scan.Problem = errors.Join(errs...).Error()
		w.Say(Error, "%s", w.Scan.Problem)
	case w.Scan.Found == 0 && !cancelled:
		w.Say(Warning, "No device answered on %s. Add one by its address, or look on another interface.", via.Net.Name)
	case w.Scan.failed != nil && !cancelled:
		w.Say(Warning, "%s answered on %s; %v", count(w.Scan.Found, "device", "devices"), via.Net.Name, w.Scan.failed)
	default:
		w.Say(Good, "%s answered on %s", count(w.Scan.Found, "device", "devices"), via.Net.Name)
	}
}

// AddHost asks a host that the user names for its resources.
func (w *Workbench) AddHost(text string) {
	uri, err := draft.ParseAddress(text, protocol.URI{})
	if err != nil {
		w.Say(Error, "%v", err)
		return
	}
	if addr, ok := uri.Addr(); ok && addr.IsMulticast() {
		w.Say(Error, "%s is a group; Discover asks it", uri.Host)
		return
	}
	w.Say(Dim, "Asking %s for /.well-known/core …", uri.Host)
	go func() {
		ctx := context.Background()
		to, err := session.Resolve(ctx, uri)
		var d discovery.Device
		if err == nil {
			d, err = w.finder.Host(ctx, to)
		}
		w.inbox.Put(nil, func() {
			w.Changed(PartDevices)
			if err != nil {
				w.Say(Error, "%v", err)
				return
			}
			w.known.Add(d)
			w.Devices.Fold(rowID(d.Endpoint, ""), true)
			w.Say(Good, "%s has %s", d.Name, count(d.Tree.Count(), "resource", "resources"))
		})
	}()
}
