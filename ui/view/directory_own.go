package view

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"coapscope/discovery"
)

// OwnState is how a registration of the user's own stands.
type OwnState uint8

// The states.
const (
	OwnRegistering OwnState = iota // the directory was asked for it
	OwnRegistered
	OwnRenewing
	OwnRemoving
	OwnExpired // its lifetime is over: lookups do not show it
	OwnRefused // it never was registered
)

// ownRegistration is an endpoint that this program has registered.
type ownRegistration struct {
	id    int
	reg   discovery.Registration
	state OwnState
	auto  bool   // it is renewed in time
	err   string // why what was tried last has failed; empty for nothing

	due    time.Time          // when something is to be done with it
	cancel context.CancelFunc // of what is under way; nil for nothing
	timer  func() bool        // stops it; nil for none
}

func (o *ownRegistration) stop() {
	if o.cancel != nil {
		o.cancel()
		o.cancel = nil
	}
	if o.timer != nil {
		o.timer()
		o.timer = nil
	}
}

// OwnRow is one as it is shown.
type OwnRow struct {
	ID                        int
	Name, Directory, Location string
	Sign, Word                string
	Concept                   Concept
	Left                      string  // of the lifetime
	Share                     float32 // of it, from 0 to 1
	Auto, Busy, Over          bool    // Over: it is not at the directory
	Note                      string  // what went wrong; empty for nothing
}

// ownNames are the full names of the endpoints that were registered at the directory that is shown.
func (d *Directories) ownNames() map[string]bool {
	names := make(map[string]bool)
	for _, o := range d.own {
		if o.reg.Directory.Endpoint == d.current.Endpoint {
			names[discovery.Registrant{Name: o.reg.Endpoint.Name, Sector: o.reg.Endpoint.Sector}.FullName()] = true
		}
	}
	return names
}

// Register registers an endpoint at the directory that is shown, in place of the own one of that name and sector. It says
// why it cannot.
func (d *Directories) Register(f RegistrationForm) error {
	s, notes := f.Read()
	switch {
	case !notes.OK:
		return errors.New("the form has mistakes")
	case !d.current.Endpoint.IsValid():
		return errors.New("choose a directory first")
	case d.current.Registration == "":
		return fmt.Errorf("%s takes no registrations: it has no link with rt=core.rd", d.CurrentName())
	}
	d.own = slices.DeleteFunc(d.own, func(o *ownRegistration) bool {
		same := o.reg.Directory.Endpoint == d.current.Endpoint && o.reg.Endpoint.Name == s.Name && o.reg.Endpoint.Sector == s.Sector
		if same {
			o.stop()
		}
		return same
	})
	d.lastOwn++
	o := &ownRegistration{id: d.lastOwn, reg: discovery.Registration{Directory: d.current, Endpoint: s}, auto: f.Auto}
	d.own = append(d.own, o)
	d.do(o, OwnRegistering, func(ctx context.Context) (discovery.Registration, error) {
		return d.finder.Register(ctx, o.reg.Directory, s)
	})
	return nil
}

// do asks the directory of a registration for something, in a state until that is answered.
func (d *Directories) do(o *ownRegistration, state OwnState, what func(context.Context) (discovery.Registration, error)) {
	o.stop()
	ctx, cancel := context.WithCancel(context.Background())
	o.cancel, o.state, o.err = cancel, state, ""
	d.bench.Changed(PartDirectory)
	go func() {
		reg, err := what(ctx)
		cancelled := ctx.Err() != nil
		cancel()
		d.bench.inbox.Put(nil, func() {
			if cancelled { // something else was begun since
				return
			}
			o.cancel = nil
			d.done(o, state, reg, err)
		})
	}()
}

// done takes what came of it.
func (d *Directories) done(o *ownRegistration, state OwnState, reg discovery.Registration, err error) {
	d.bench.Changed(PartDirectory)
	name := o.reg.Endpoint.Name
	if err == nil && state == OwnRemoving {
		d.forget(o)
		d.bench.Say(Good, "%s is removed from %s", name, d.bench.Devices.Name(o.reg.Directory.Endpoint))
		d.lookAgain(o)
		return
	}
	if err == nil {
		o.reg, o.state = reg, OwnRegistered
		d.schedule(o)
		if state == OwnRegistering {
			d.bench.Say(Good, "%s is registered at %s", name, reg.Location)
			d.lookAgain(o)
		}
		return
	}
	o.err = err.Error()
	switch {
	case o.reg.Location == "":
		o.state = OwnRefused
		d.bench.Say(Error, "%s", o.err)
	case o.reg.Left(d.now()) == 0:
		o.state = OwnExpired
		d.bench.Say(Warning, "The registration of %s is over; it could not be renewed: %s", name, o.err)
	default:
		o.state = OwnRegistered
		d.schedule(o)
		d.bench.Say(Warning, "%s", o.err)
	}
}

// lookAgain shows the change, where the directory of a registration is looked at.
func (d *Directories) lookAgain(o *ownRegistration) {
	if o.reg.Directory.Endpoint == d.current.Endpoint && d.Endpoints.Begun() {
		d.Endpoints.Begin(d.Endpoints.filter)
	}
}

// Renewals begin when a quarter of the lifetime is left, or longer before, so that a CON may be lost as often as it is sent
// (MAX_TRANSMIT_WAIT, RFC 7252 §4.8.2); but not before half of it is over. After one that failed the next is tried when half
// of what is left has passed, or renewalPause.
const (
	renewalRoom  = 93 * time.Second
	renewalPause = 5 * time.Second
)

// renewAt is when a registration is to be renewed.
func renewAt(o *ownRegistration, now time.Time) time.Time {
	lifetime := o.reg.Expires.Sub(o.reg.Renewed)
	at := o.reg.Expires.Add(-min(lifetime/2, max(lifetime/4, renewalRoom)))
	if o.err != "" || at.Before(now) { // one failed, or the machine slept
		at = now.Add(max(o.reg.Left(now)/2, renewalPause))
		if o.err == "" {
			at = now
		}
	}
	return at
}

// schedule waits for what has to be done next with a registration: its renewal, or to say that it is over.
func (d *Directories) schedule(o *ownRegistration) {
	if o.timer != nil {
		o.timer()
		o.timer = nil
	}
	if o.state != OwnRegistered {
		return
	}
	o.due = o.reg.Expires
	if o.auto {
		o.due = renewAt(o, d.now())
	}
	d.wait(o)
}

// longestWait is how long a timer waits at most, as it stands still while the machine sleeps.
const longestWait = time.Minute

func (d *Directories) wait(o *ownRegistration) {
	if o.timer != nil {
		o.timer()
	}
	o.timer = d.after(min(longestWait, max(o.due.Sub(d.now()), 0)), func() { d.bench.inbox.Put(nil, func() { d.due(o) }) })
}

// due does what the time has come for.
func (d *Directories) due(o *ownRegistration) {
	switch {
	case o.state != OwnRegistered || !slices.Contains(d.own, o):
	case d.now().Before(o.due):
		d.wait(o)
	case o.auto:
		d.Renew(o.id)
	case o.reg.Left(d.now()) > 0:
		d.schedule(o) // it was renewed meanwhile
	default:
		o.state = OwnExpired
		d.bench.Say(Warning, "The registration of %s at %s is over", o.reg.Endpoint.Name, d.bench.Devices.Name(o.reg.Directory.Endpoint))
		d.bench.Changed(PartDirectory)
	}
}

func (d *Directories) at(id int) *ownRegistration {
	i := slices.IndexFunc(d.own, func(o *ownRegistration) bool { return o.id == id })
	if i < 0 {
		return nil
	}
	return d.own[i]
}

// Renew starts the lifetime of a registration anew; what the directory has forgotten is registered again.
func (d *Directories) Renew(id int) {
	o := d.at(id)
	if o == nil {
		return
	}
	reg := o.reg
	d.do(o, OwnRenewing, func(ctx context.Context) (discovery.Registration, error) {
		if reg.Location == "" {
			return d.finder.Register(ctx, reg.Directory, reg.Endpoint)
		}
		return d.finder.Update(ctx, reg, 0)
	})
}

// Remove takes a registration out of its directory, and then out of the list. One that is not there is only taken out of
// the list.
func (d *Directories) Remove(id int) {
	o := d.at(id)
	if o == nil {
		return
	}
	if o.reg.Location == "" || o.state == OwnExpired {
		d.forget(o)
		return
	}
	reg := o.reg
	d.do(o, OwnRemoving, func(ctx context.Context) (discovery.Registration, error) { return reg, d.finder.Unregister(ctx, reg) })
}

func (d *Directories) forget(o *ownRegistration) {
	o.stop()
	d.own = slices.DeleteFunc(d.own, func(other *ownRegistration) bool { return other == o })
	d.bench.Changed(PartDirectory)
}

// SetAuto has a registration renewed in time, or not any more.
func (d *Directories) SetAuto(id int, auto bool) {
	if o := d.at(id); o != nil {
		o.auto = auto
		d.schedule(o)
		d.bench.Changed(PartDirectory)
	}
}

// Own is how many registrations of the user's own there are.
func (d *Directories) Own() int { return len(d.own) }

// OwnRow gives one.
func (d *Directories) OwnRow(i int, now time.Time) OwnRow {
	if i < 0 || i >= len(d.own) {
		return OwnRow{}
	}
	o := d.own[i]
	left := o.reg.Left(now)
	row := OwnRow{
		ID: o.id, Name: discovery.Registrant{Name: o.reg.Endpoint.Name, Sector: o.reg.Endpoint.Sector}.FullName(),
		Directory: d.bench.Devices.Name(o.reg.Directory.Endpoint), Location: o.reg.Location, Auto: o.auto, Busy: o.cancel != nil, Note: o.err,
	}
	switch o.state {
	case OwnRegistering:
		row.Sign, row.Word, row.Concept = "…", "registering", Warning
	case OwnRenewing:
		row.Sign, row.Word, row.Concept = "↻", "renewing", Warning
	case OwnRemoving:
		row.Sign, row.Word, row.Concept = "…", "removing", Warning
	case OwnRefused:
		row.Sign, row.Word, row.Concept, row.Over = "✖", "refused", Error, true
	case OwnExpired:
		row.Sign, row.Word, row.Concept, row.Over = "✖", "expired", Error, true
	default:
		row.Sign, row.Word, row.Concept = "●", "registered", Good
		if left == 0 {
			row.Sign, row.Word, row.Concept, row.Over = "✖", "expired", Error, true
		}
	}
	if o.reg.Location == "" {
		return row
	}
	if total := o.reg.Expires.Sub(o.reg.Renewed); total > 0 {
		row.Share = float32(left) / float32(total)
		row.Left = leftText(left) + " of " + leftText(total)
		if left == 0 {
			row.Left = "over since " + leftText(now.Sub(o.reg.Expires))
		}
	}
	return row
}

// leftText writes a time that counts down: with its two largest units.
func leftText(d time.Duration) string {
	s := int64((d + time.Second - 1) / time.Second)
	part := func(a int64, unit string, b int64, small string) string {
		if b == 0 {
			return fmt.Sprintf("%d %s", a, unit)
		}
		return fmt.Sprintf("%d %s %d %s", a, unit, b, small)
	}
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return part(s/60, "min", s%60, "s")
	case s < 86_400:
		return part(s/3600, "h", s%3600/60, "min")
	}
	return part(s/86_400, "d", s%86_400/3600, "h")
}
