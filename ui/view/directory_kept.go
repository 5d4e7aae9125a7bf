package view

import (
	"encoding/json"
	"fmt"
	"time"

	"coapscope/discovery"
	"coapscope/protocol/linkformat"
)

// keptOwn is a registration as it lives between runs. The names are those of a file: they stay.
type keptOwn struct {
	Directory discovery.Directory `json:"directory"`
	Name      string              `json:"ep"`
	Sector    string              `json:"d,omitempty"`
	Type      string              `json:"et,omitempty"`
	Base      string              `json:"base"`
	Lifetime  int64               `json:"lt"` // in seconds
	Links     string              `json:"links,omitempty"`
	Location  string              `json:"location"`
	Renewed   time.Time           `json:"renewed"`
	Expires   time.Time           `json:"expires"`
}

// Kept gives the registrations as they are kept between runs.
func (d *Directories) Kept() string {
	var all []keptOwn
	for _, o := range d.own {
		if r := &o.reg; r.Location != "" {
			all = append(all, keptOwn{
				r.Directory, r.Endpoint.Name, r.Endpoint.Sector, r.Endpoint.Type, r.Endpoint.Base, int64(r.Endpoint.Lifetime / time.Second),
				r.Endpoint.Links.String(), r.Location, r.Renewed, r.Expires,
			})
		}
	}
	if all == nil {
		return ""
	}
	text, err := json.Marshal(all)
	if err != nil { // of such values there is none
		return ""
	}
	return string(text)
}

// Restore lists what [Directories.Kept] gave in an earlier run. Nothing is sent: what was renewed by itself then is so again
// only when the user says so.
func (d *Directories) Restore(text string) error {
	if text == "" {
		return nil
	}
	var all []keptOwn
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return fmt.Errorf("kept registrations: %w", err)
	}
	for _, k := range all {
		links, _ := linkformat.Parse([]byte(k.Links))
		d.lastOwn++
		o := &ownRegistration{id: d.lastOwn, state: OwnRegistered, reg: discovery.Registration{
			Directory: k.Directory, Location: k.Location, Renewed: k.Renewed, Expires: k.Expires,
			Endpoint: discovery.Simulated{Name: k.Name, Sector: k.Sector, Type: k.Type, Base: k.Base, Lifetime: time.Duration(k.Lifetime) * time.Second, Links: links},
		}}
		if o.reg.Left(d.now()) == 0 {
			o.state = OwnExpired
		}
		d.own = append(d.own, o)
		d.schedule(o)
	}
	d.bench.Changed(PartDirectory)
	return nil
}
