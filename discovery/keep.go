package discovery

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"coapscope/protocol/linkformat"
)

// kept is a device as it lives between runs. The names are those of a file: they stay.
type kept struct {
	Endpoint     netip.AddrPort   `json:"endpoint"`
	Also         []netip.AddrPort `json:"also,omitempty"`
	Name         string           `json:"name,omitempty"` // that the user gave
	Interface    string           `json:"interface,omitempty"`
	EndpointName string           `json:"ep,omitempty"`
	Hardware     string           `json:"hardware,omitempty"`
	Links        string           `json:"links,omitempty"`
	Partial      bool             `json:"partial,omitempty"`
	Adverts      []Advert         `json:"adverts,omitempty"`
	Met          []string         `json:"met,omitempty"`
	Unread       bool             `json:"unread,omitempty"`
	Seen         time.Time        `json:"seen"`
	First        time.Time        `json:"first"`
}

// keptVersion is that of the format.
const keptVersion = 1

type keptDevices struct {
	Version int    `json:"version"`
	Devices []kept `json:"devices"`
}

// MarshalJSON gives the devices as they are kept between runs, in their order.
func (ds *Devices) MarshalJSON() ([]byte, error) {
	file := keptDevices{Version: keptVersion, Devices: []kept{}}
	for _, d := range ds.All() {
		k := kept{
			Endpoint: d.Endpoint, Also: d.Also, Interface: d.Interface, EndpointName: d.EndpointName, Hardware: d.Hardware,
			Links: d.Links.String(), Partial: d.Partial, Adverts: d.Adverts, Met: d.Met, Unread: d.Unread, Seen: d.Seen, First: d.First,
		}
		if d.Given {
			k.Name = d.Name
		}
		file.Devices = append(file.Devices, k)
	}
	return json.Marshal(file)
}

// UnmarshalJSON adds the devices of an earlier run, which are [Remembered]; of one that is known already nothing changes.
// With an error none is added.
func (ds *Devices) UnmarshalJSON(data []byte) error {
	var file keptDevices
	if err := json.Unmarshal(data, &file); err != nil {
		return fmt.Errorf("kept devices: %w", err)
	}
	if file.Version != keptVersion {
		return fmt.Errorf("kept devices: version %d is not known, %d is; they were kept by another version of the program", file.Version, keptVersion)
	}
	for i, k := range file.Devices {
		if !k.Endpoint.IsValid() {
			return fmt.Errorf("kept devices: number %d has no endpoint", i+1)
		}
	}
	ds.mu.Lock()
	defer ds.mu.Unlock()
	for _, k := range file.Devices {
		d := Device{
			Endpoint: k.Endpoint, Name: k.Name, Given: k.Name != "", Interface: k.Interface, EndpointName: k.EndpointName,
			Hardware: k.Hardware, Partial: k.Partial, Adverts: k.Adverts, Met: k.Met, Unread: k.Unread, Seen: k.Seen, First: k.First, Remembered: true,
		}
		if ds.find(d.Endpoint) != nil {
			continue
		}
		for _, other := range k.Also {
			if other.IsValid() && other != d.Endpoint && !slices.Contains(d.Also, other) && ds.find(other) == nil {
				d.Also = append(d.Also, other)
			}
		}
		d.Links, _ = linkformat.Parse([]byte(k.Links)) // what was wrong with them is said when they are read anew
		if len(d.Adverts) > 0 && !slices.ContainsFunc(d.Adverts, Advert.Spoken) && d.First.IsZero() {
			d.Problem = &UnspokenError{d.Adverts[0].Service}
		}
		d.build()
		ds.insert(&d)
	}
	ds.revision++
	return nil
}
