package view

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/session"
	"coapscope/ui/draft"
)

// Directories are resource directories (RFC 9176): those that devices told of or that were asked for by their addresses, what
// is looked up in the one that is shown, and the endpoints that this program has registered. Its methods are for the window's
// goroutine.
type Directories struct {
	Endpoints, Resources Lookup
	Problem              string // why the directory that was asked for last is not there; empty for none

	bench   *Workbench
	finder  *discovery.Finder
	now     func() time.Time
	after   func(time.Duration, func()) (stop func() bool)
	asked   []discovery.Directory
	current discovery.Directory
	asking  context.CancelFunc // nil for nothing asked
	visible bool
	own     []*ownRegistration
	lastOwn int
}

func newDirectories(w *Workbench) *Directories {
	d := &Directories{bench: w, finder: &w.finder, now: time.Now, after: func(t time.Duration, f func()) func() bool { return time.AfterFunc(t, f).Stop }}
	d.Endpoints = Lookup{dirs: d, endpoints: true}
	d.Resources = Lookup{dirs: d}
	return d
}

// Directories gives the resource directories.
func (w *Workbench) Directories() *Directories { return w.directories }

// Show tells whether somebody looks at the registrations, so that what changes with time is drawn.
func (d *Directories) Show(visible bool) { d.visible = visible }

// ticking tells whether something that is looked at changes with time alone.
func (d *Directories) ticking() bool { return d.visible && len(d.own) > 0 }

// close ends what is under way. Registrations stay at their directories until their lifetimes are over.
func (d *Directories) close() {
	d.Endpoints.Cancel()
	d.Resources.Cancel()
	if d.asking != nil {
		d.asking()
	}
	for _, o := range d.own {
		o.stop()
	}
}

// DirectoryName is a directory that can be shown.
type DirectoryName struct {
	Endpoint netip.AddrPort
	Name     string
	Current  bool
}

// All gives the directories that are known.
func (d *Directories) All() (all []DirectoryName) {
	add := func(dir discovery.Directory) {
		if !slices.ContainsFunc(all, func(n DirectoryName) bool { return n.Endpoint == dir.Endpoint }) {
			all = append(all, DirectoryName{dir.Endpoint, d.bench.Devices.Name(dir.Endpoint), dir.Endpoint == d.current.Endpoint})
		}
	}
	for _, device := range d.bench.known.All() {
		if dir, ok := device.Directory(); ok {
			add(dir)
		}
	}
	for _, dir := range d.asked {
		add(dir)
	}
	return all
}

// Current gives the directory that is shown; false for none.
func (d *Directories) Current() (discovery.Directory, bool) {
	return d.current, d.current.Endpoint.IsValid()
}

// CurrentName is what it is called; empty for none.
func (d *Directories) CurrentName() string {
	if !d.current.Endpoint.IsValid() {
		return ""
	}
	return d.bench.Devices.Name(d.current.Endpoint)
}

// Asking tells whether a device was asked for its directory and has not answered yet.
func (d *Directories) Asking() bool { return d.asking != nil }

// Open shows the directory of a device, and looks its endpoints up. One that is not known is asked for it. The zero endpoint
// stands for the first directory that is known.
func (d *Directories) Open(at netip.AddrPort) {
	if !at.IsValid() {
		if all := d.All(); d.current.Endpoint.IsValid() || len(all) == 0 {
			return
		} else {
			at = all[0].Endpoint
		}
	}
	if at == d.current.Endpoint {
		return
	}
	if device, ok := d.bench.known.Get(at); ok {
		if dir, ok := device.Directory(); ok {
			d.show(dir)
			return
		}
	}
	if i := slices.IndexFunc(d.asked, func(dir discovery.Directory) bool { return dir.Endpoint == at }); i >= 0 {
		d.show(d.asked[i])
		return
	}
	d.ask(func(context.Context) (netip.AddrPort, error) { return at, nil })
}

func (d *Directories) show(dir discovery.Directory) {
	d.Endpoints.clear()
	d.Resources.clear()
	d.current, d.Problem = dir, ""
	d.Endpoints.Begin(d.Endpoints.filter)
	d.bench.Changed(PartDirectory)
}

// Ask asks a host that the user names for its directory.
func (d *Directories) Ask(text string) {
	uri, err := draft.ParseAddress(strings.TrimSpace(text), protocol.URI{})
	if addr, ok := uri.Addr(); err == nil && ok && addr.IsMulticast() {
		err = fmt.Errorf("%s is a group; Discover with the filter rt=core.rd* finds the directories in it", uri.Host)
	}
	if err != nil {
		d.Problem = err.Error()
		d.bench.Changed(PartDirectory)
		return
	}
	d.ask(func(ctx context.Context) (netip.AddrPort, error) { return session.Resolve(ctx, uri) })
}

func (d *Directories) ask(where func(context.Context) (netip.AddrPort, error)) {
	if d.asking != nil {
		d.asking()
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.asking, d.Problem = cancel, ""
	d.bench.Changed(PartDirectory)
	go func() {
		at, err := where(ctx)
		var dir discovery.Directory
		if err == nil {
			dir, err = d.finder.Directory(ctx, at)
		}
		ended := ctx.Err() != nil // by another question, or the end of the program
		cancel()
		d.bench.inbox.Put(nil, func() {
			if ended {
				return
			}
			d.asking = nil
			d.bench.Changed(PartDirectory)
			if err != nil {
				d.Problem = err.Error()
				return
			}
			d.asked = append(d.asked, dir)
			d.show(dir)
		})
	}()
}

// Facts says what the directory that is shown has: a line for each of its interfaces.
func (d *Directories) Facts() []string {
	dir, ok := d.Current()
	if !ok {
		return nil
	}
	line := func(what, uri string) string {
		if uri == "" {
			return "no " + what
		}
		return what + " " + uri
	}
	return []string{line("registration", dir.Registration), line("endpoints", dir.Endpoints), line("resources", dir.Resources)}
}
