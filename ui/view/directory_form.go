package view

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"coapscope/discovery"
	"coapscope/protocol/linkformat"
)

// RegistrationForm is a registration as it is written.
type RegistrationForm struct {
	Name, Sector, Lifetime, Base, Type, Links string
	Auto                                      bool // it is renewed in time
}

// NewRegistrationForm gives a form as it is at first, for the directory that is shown. Its base is an address for
// documentation, which nobody has (RFC 5737, RFC 3849).
func (d *Directories) NewRegistrationForm() RegistrationForm {
	f := RegistrationForm{Name: "simulated-" + strconv.Itoa(d.lastOwn+1), Lifetime: "5 min", Base: "coap://192.0.2.7", Auto: true, Links: "</sensors/temp>;rt=temperature-c;if=sensor,\n</sensors/light>;rt=light-lux;if=sensor"}
	if d.current.Endpoint.Addr().Is6() {
		f.Base = "coap://[2001:db8::7]"
	}
	return f
}

// RegistrationNotes are what is wrong with a form, by its fields; all are empty where nothing is. LinksNote says what the
// links are where nothing is wrong with them, and Concept how it is meant.
type RegistrationNotes struct {
	Name, Sector, Lifetime, Base, LinksNote string
	Concept                                 Concept
	OK                                      bool
}

// Read reads the form.
func (f RegistrationForm) Read() (discovery.Simulated, RegistrationNotes) {
	s := discovery.Simulated{Name: f.Name, Sector: f.Sector, Type: f.Type, Base: strings.TrimSpace(f.Base), Lifetime: time.Minute}
	var n RegistrationNotes
	lifetime, err := ParseLifetime(f.Lifetime)
	if err != nil {
		n.Lifetime = err.Error()
	}
	wrong := func(s discovery.Simulated) string {
		if err := s.Check(); err != nil {
			return err.Error()
		}
		return ""
	}
	// Each field with the others as they have to be, so that each has its own note.
	n.Name = wrong(discovery.Simulated{Name: s.Name, Base: "coap://x", Lifetime: time.Minute})
	n.Sector = wrong(discovery.Simulated{Name: "x", Sector: s.Sector, Base: "coap://x", Lifetime: time.Minute})
	n.Base = wrong(discovery.Simulated{Name: "x", Base: s.Base, Lifetime: time.Minute})
	s.Lifetime = lifetime
	s.Links, n.LinksNote = readLinks(f.Links)
	if n.LinksNote == "" {
		n.LinksNote = wrong(discovery.Simulated{Name: "x", Base: "coap://x", Lifetime: time.Minute, Links: s.Links})
	}
	n.Concept = Error
	n.OK = n.Name+n.Sector+n.Lifetime+n.Base+n.LinksNote == ""
	if n.LinksNote == "" {
		n.Concept = Dim
		n.LinksNote = count(len(s.Links), "link", "links") + ", " + Bytes(len(s.Links.String()))
		if len(s.Links) == 0 {
			n.LinksNote = "no links: the endpoint is registered without resources"
		}
	}
	return s, n
}

// readLinks reads links, and says where they are wrong. White space between their parts, which there must be none of when
// they are sent, is for whoever reads them.
func readLinks(text string) (linkformat.Links, string) {
	tight, places := tighten(text)
	links, err := linkformat.Parse(tight)
	var mistakes linkformat.ParseErrors
	switch {
	case errors.As(err, &mistakes) && len(mistakes) > 0:
		at := places[min(mistakes[0].Offset, len(tight))]
		line := 1 + strings.Count(text[:at], "\n")
		column := at - strings.LastIndex(text[:at], "\n")
		note := fmt.Sprintf("line %d, column %d (byte %d), %s: %s (%s)", line, column, at, mistakes[0].Part, mistakes[0].Problem, mistakes[0].Reference)
		if len(mistakes) > 1 {
			note += fmt.Sprintf(", and %d more", len(mistakes)-1)
		}
		return nil, note
	case err != nil:
		return nil, err.Error()
	}
	return links, ""
}

// tighten takes away white space that is in no quotation marks, and tells where each byte, and the end, was.
func tighten(text string) (tight []byte, places []int) {
	quoted := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case !quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			continue
		case quoted && c == '\\' && i+1 < len(text):
			tight, places = append(tight, c), append(places, i)
			i++
			c = text[i]
		case c == '"':
			quoted = !quoted
		}
		tight, places = append(tight, c), append(places, i)
	}
	return tight, append(places, len(text))
}

// ParseLifetime reads a lifetime: seconds, or a number with s, min, h or d. Empty is the default of RFC 9176 §5, 25 h.
func ParseLifetime(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return discovery.DefaultLifetime, nil
	}
	end := strings.LastIndexAny(text, "0123456789") + 1
	units := map[string]uint64{"": 1, "s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400}
	unit, known := units[strings.ToLower(strings.TrimSpace(text[end:]))]
	n, err := strconv.ParseUint(text[:end], 10, 32)
	if !known || err != nil || n == 0 || n*unit > 1<<32-1 {
		return 0, errors.New("write 1 to 4294967295 seconds, as 90, 5 min, 25 h or 7 d (RFC 9176 §5)")
	}
	return time.Duration(n*unit) * time.Second, nil
}
