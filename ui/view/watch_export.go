package view

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WatchFormat is how values are written into a file.
type WatchFormat uint8

// The formats.
const (
	WatchCSV   WatchFormat = iota // a line for each value: time, device, path, number, value, unit, text, mark, packet, variant
	WatchJSONL                    // likewise, an object each
	WatchSenML                    // a SenML pack (RFC 8428) with absolute times
)

// WatchFormats are the formats by their names, and the names of files.
var WatchFormats = [...]struct{ Title, File string }{
	WatchCSV: {"CSV", "observations.csv"}, WatchJSONL: {"JSON Lines", "observations.jsonl"}, WatchSenML: {"SenML", "observations.senml"},
}

// exported is a value that is written.
type exported struct {
	Time   time.Time `json:"time"`
	Device string    `json:"device"`
	Path   string    `json:"path"`
	Number string    `json:"number,omitempty"`
	Value  *float64  `json:"value,omitempty"`
	Unit   string    `json:"unit,omitempty"`
	Text   *string   `json:"text,omitempty"`
	Mark   string    `json:"mark,omitempty"`
	Packet uint64    `json:"packet,omitempty"`
	// Variant is what is asked for besides the path; see [Watched.Variant].
	Variant string `json:"variant,omitempty"`

	symbol string // of the unit, as SenML writes it, where it came so
}

// values gives all that is kept of an observation, in the order of time for each number.
func (o *Watched) values() (all []exported) {
	o.mu.Lock()
	defer o.mu.Unlock()
	base := exported{Device: o.Device, Path: o.Path, Variant: o.Variant}
	if base.Device == "" {
		base.Device = o.To.String()
	}
	for _, s := range o.series {
		s.Each(func(a Sample) bool {
			e := base
			e.Time, e.Number, e.Value, e.Unit, e.symbol, e.Packet = a.At, s.Path, &a.Value, s.Unit, s.Symbol, uint64(a.Frame)
			all = append(all, e)
			return true
		})
	}
	for i := range o.states.runs {
		r := &o.states.runs[i]
		e := base
		text := r.Text
		e.Time, e.Text, e.Packet = r.From, &text, uint64(r.Frame)
		all = append(all, e)
	}
	for _, m := range o.marks {
		e := base
		e.Time, e.Mark, e.Packet = m.At, m.Kind.String(), uint64(m.Frame)
		if m.Valid {
			e.Value = &m.Value
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b exported) int { return a.Time.Compare(b.Time) })
	return all
}

// WriteWatched writes what is kept of observations. It may be called on any goroutine.
func WriteWatched(to io.Writer, format WatchFormat, items []*Watched) error {
	out := bufio.NewWriterSize(to, 1<<16)
	var err error
	switch format {
	case WatchCSV:
		err = writeCSV(out, items)
	case WatchJSONL:
		lines := json.NewEncoder(out)
		lines.SetEscapeHTML(false)
		for _, o := range items {
			for _, e := range o.values() {
				err = errors.Join(err, lines.Encode(e))
			}
		}
	case WatchSenML:
		err = writeSenML(out, items)
	default:
		err = fmt.Errorf("there is no format %d", format)
	}
	return errors.Join(err, out.Flush())
}

func writeCSV(out io.Writer, items []*Watched) error {
	table := csv.NewWriter(out)
	table.Write([]string{"time", "device", "path", "number", "value", "unit", "text", "mark", "packet", "variant"})
	for _, o := range items {
		for _, e := range o.values() {
			value, text, packet := "", "", ""
			if e.Value != nil {
				value = strconv.FormatFloat(*e.Value, 'g', -1, 64)
			}
			if e.Text != nil {
				text = guarded(*e.Text)
			}
			if e.Packet > 0 {
				packet = strconv.FormatUint(e.Packet, 10)
			}
			table.Write([]string{
				e.Time.UTC().Format(time.RFC3339Nano), guarded(e.Device), guarded(e.Path), guarded(e.Number), value, guarded(e.Unit), text, e.Mark, packet, guarded(e.Variant),
			})
		}
	}
	table.Flush()
	return table.Error()
}

// guarded keeps a text of a device from being taken for a formula by a spreadsheet.
func guarded(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// senmlUnitOf gives the symbol that SenML has for a unit as people write it (RFC 8428 §12.1).
var senmlUnitOf = map[string]string{"°C": "Cel", "m²": "m2", "m³": "m3", "m/s²": "m/s2", "W/m²": "W/m2", "Ω": "Ohm"}

// senml gives a value as SenML has it. Of what is %, it may be a humidity or anything else: it becomes a ratio, which the
// unit % of SenML is not meant for any more (RFC 8428 §12.1, note 2).
func (e *exported) senml() senmlRow {
	r := senmlRow{Name: senmlName(e.Number), Unit: e.symbol, Time: float64(e.Time.UnixMicro()) / 1e6, Value: e.Value, Text: e.Text}
	switch symbol, ok := senmlUnitOf[e.Unit]; {
	case e.symbol != "":
	case ok:
		r.Unit = symbol
	case e.Unit == "%" && e.Value != nil:
		ratio := *e.Value / 100
		r.Unit, r.Value = "/", &ratio
	default:
		r.Unit = e.Unit
	}
	return r
}

// senmlRow is a record of a pack.
type senmlRow struct {
	BaseName string   `json:"bn,omitempty"`
	Name     string   `json:"n,omitempty"`
	Unit     string   `json:"u,omitempty"`
	Time     float64  `json:"t"`
	Value    *float64 `json:"v,omitempty"`
	Text     *string  `json:"vs,omitempty"`
}

// writeSenML writes a pack; marks have no place in it.
func writeSenML(out io.Writer, items []*Watched) error {
	var err error
	put := func(s string) {
		if err == nil {
			_, err = io.WriteString(out, s)
		}
	}
	put("[")
	first := true
	for _, o := range items {
		base := ""
		for _, e := range o.values() {
			if e.Mark != "" {
				continue
			}
			r := e.senml()
			if base == "" {
				base = senmlName(e.Device + e.Path)
				if e.Variant != "" {
					base += "/" + senmlName(e.Variant)
				}
				r.BaseName = base
				if strings.TrimLeft(base, "-.:/_") != base {
					r.BaseName = "x" + base // a name begins with a letter or a digit (RFC 8428 §4.5.1)
				}
				if e.Number != "" {
					r.BaseName += ":"
				}
			}
			b, encode := json.Marshal(r)
			if err == nil {
				err = encode
			}
			if !first {
				put(",")
			}
			first = false
			put("\n" + string(b))
		}
	}
	put("\n]\n")
	return err
}

// senmlName has a name keep to the characters that it may have (RFC 8428 §4.5.1).
func senmlName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-:./_", r) {
			return r
		}
		return '_'
	}, s)
}

// SaveWritten writes into a file, which is closed then. It returns at once; write is called on another goroutine.
func (w *Workbench) SaveWritten(name string, file io.WriteCloser, write func(io.Writer) error) {
	w.Say(Dim, "Writing %s …", name)
	go func() {
		err := errors.Join(write(file), file.Close())
		w.inbox.Put(nil, func() {
			if err != nil {
				w.Say(Error, "%s could not be written: %v. Save it elsewhere.", name, err)
				return
			}
			w.Say(Good, "%s written", name)
		})
	}()
}
