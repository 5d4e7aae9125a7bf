package payload

import (
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxFields     = 64      // of a map that are looked at
	absoluteTime  = 1 << 28 // seconds from which a time is no longer relative to now (RFC 8428 §4.5.3)
	senmlVersion  = 10
	secondaryUnit = 4 // feature code (RFC 9100 §4)
)

// senmlForms says which values the labels of SenML have (RFC 8428 §4.1, §4.2).
var senmlForms = map[string]form{
	"bn": textForm, "bt": numberForm, "bu": textForm, "bv": numberForm, "bs": numberForm, "bver": numberForm,
	"n": textForm, "u": textForm, "v": numberForm, "vs": textForm, "vb": boolForm, "vd": textForm, "s": numberForm,
	"t": numberForm, "ut": numberForm,
}

// senmlRecord is a record as it is written.
type senmlRecord struct {
	start, end int
	fields     map[string]item // by label, the first of each
	others     []string        // labels that SenML does not have
	problems   []Span
}

// senmlState is what base fields hand down from record to record (RFC 8428 §4.1).
type senmlState struct {
	name             item
	unit             item
	time, value, sum item
	version          float64
	records          int
}

// senmlColumns are the columns; what no record has is left out.
var senmlColumns = []Column{
	{Title: "Name"},
	{Title: "Value", Right: true},
	{Title: "Unit"},
	{Title: "Time"},
	{Title: "Sum", Right: true},
	{Title: "Next within", Right: true},
	{Title: "Other fields"},
}

func isETCH(format int) bool { return format == 320 || format == 322 }

func isStream(format int) bool { return format == sensmlJSON || format == sensmlCBOR }

// layoutSenML resolves a SenML pack (RFC 8428 §4.6) into a table: base fields are worked into the records, and what is
// wrong with a record stands below it.
func layoutSenML(format int, data []byte) *layout {
	s := &scan{data: data, cbor: senmlIsCBOR(format, data)}
	t := newTable(slices.Clone(senmlColumns)...)
	state := senmlState{version: senmlVersion}
	var notes []string
	truncated, mistakes := false, 0
	mistake := func(spans ...Span) {
		for _, m := range spans {
			mistakes++
			t.over(m)
		}
	}
	c, ok := s.enter(listForm)
	if !ok && s.err == nil {
		mistake(Span{"byte " + strconv.Itoa(s.pos) + ": a SenML pack is an array of records (RFC 8428 §4)", KindError, s.pos, min(s.pos+1, len(data))})
	}
	used := make([]bool, len(senmlColumns))
	for ok && s.more(&c) {
		if t.full {
			truncated = true
			notes = append(notes, fmt.Sprintf("only the first %d lines are shown", maxRows))
			break
		}
		r, good := s.senmlRecord()
		if s.err != nil {
			break
		}
		state.records++
		if !good {
			mistake(r.problems...)
			continue
		}
		cells, problems := state.resolve(format, data, &r)
		for i, cell := range cells {
			used[i] = used[i] || len(cell) > 0
		}
		t.row(cells...)
		mistake(append(r.problems, problems...)...)
	}
	if s.err == nil && ok && !t.full {
		if rest := skipRest(s); rest < len(data) {
			mistake(Span{fmt.Sprintf("byte %d: %d bytes follow the pack", rest, len(data)-rest), KindError, rest, len(data)})
		}
	}
	if s.err != nil && !(s.err.cutOff && isStream(format)) {
		at := min(s.err.Offset, len(data))
		mistake(Span{visible([]byte(s.err.Error())), KindError, at, min(at+1, len(data))})
	} else if s.err != nil {
		notes = append(notes, "a stream that goes on (RFC 8428 §4.8)")
	}
	t.keep(used)
	head := count(state.records, "record")
	switch f := uint64(state.version); {
	case f < senmlVersion:
		head += fmt.Sprintf(", version %d, before RFC 8428", f)
	case f != senmlVersion && f&15 == senmlVersion:
		head += fmt.Sprintf(", version %d: feature%s %s (RFC 9100)", f, plural(len(ones(f>>4))), features(f))
	}
	if mistakes > 0 {
		head += ", " + count(mistakes, "mistake")
	}
	return t.layout(strings.Join(append([]string{head}, notes...), "; "), truncated)
}

func skipRest(s *scan) int {
	if s.cbor {
		return s.pos
	}
	return skipSpace(s.data, s.pos)
}

func features(version uint64) string {
	var names []string
	for _, n := range ones(version >> 4 << 4) {
		name := strconv.Itoa(n)
		if n == secondaryUnit {
			name += " secondary units"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// senmlIsCBOR says in which of its forms SenML is written, also where the Content-Format says nothing about it.
func senmlIsCBOR(format int, data []byte) bool {
	switch familyOf(format) {
	case jsonText:
		return len(data) > 0 && data[0]>>5 == majorArray
	case cborItem:
		return len(data) == 0 || data[0] != '[' && data[0] != ' '
	}
	at := skipSpace(data, 0)
	return at < len(data) && data[at] != '['
}

// senmlRecord reads a record; it is false for what is none.
func (s *scan) senmlRecord() (r senmlRecord, ok bool) {
	if !s.cbor {
		s.pos = skipSpace(s.data, s.pos)
	}
	r.start = s.pos
	c, ok := s.enter(mapForm)
	if !ok {
		it := s.value()
		r.problem(it, "a SenML record is a map, not %s (RFC 8428 §4)", it.form)
		return r, false
	}
	r.fields = make(map[string]item, 4)
	for n := 0; s.more(&c); n++ {
		k := s.key()
		v := s.value()
		if s.err != nil {
			break
		}
		if n == maxFields {
			r.problem(k, "only the first %d fields of a record are looked at", maxFields)
		}
		if n >= maxFields {
			continue
		}
		r.field(k, v, s.cbor)
	}
	r.end = s.pos
	return r, true
}

func (r *senmlRecord) problem(at item, format string, args ...any) {
	r.problems = append(r.problems, Span{fmt.Sprintf("byte %d: ", at.start) + visible([]byte(fmt.Sprintf(format, args...))), KindError, at.start, at.end})
}

func (r *senmlRecord) field(k, v item, cbor bool) {
	label := k.text
	if k.form == numberForm && k.integer {
		if label = senmlLabels[int64(k.number)]; label == "" {
			label = strconv.FormatFloat(k.number, 'f', -1, 64)
		}
	} else if k.form != textForm {
		r.problem(k, "a label is a text or an integer, not %s (RFC 8428 §6)", k.form)
		return
	}
	want, known := senmlForms[label]
	switch _, twice := r.fields[label]; {
	case twice:
		r.problem(k, "%s stands twice in the record", label)
		return
	case !known && strings.HasSuffix(label, "_"):
		r.problem(k, "%s has to be understood to use the pack, and is not known (RFC 8428 §4.4)", quoted(label))
		r.others = append(r.others, label)
		return
	case !known:
		r.others = append(r.others, label)
		return
	case cbor && k.form == textForm:
		r.problem(k, "%s is written as an integer in CBOR (RFC 8428 §6)", quoted(label))
	}
	if cbor && label == "vd" {
		want = bytesForm
	}
	if v.form != want && v.form != nullForm {
		r.problem(v, "%s is %s, not %s (RFC 8428 §4.3)", label, want, v.form)
		return
	}
	r.fields[label] = v
}

// resolve gives the cells of a record with what base fields give it, and what is wrong with it.
func (st *senmlState) resolve(format int, data []byte, r *senmlRecord) (cells []Line, problems []Span) {
	problem := func(at item, format string, args ...any) {
		problems = append(problems, Span{fmt.Sprintf("byte %d: ", at.start) + visible([]byte(fmt.Sprintf(format, args...))), KindError, at.start, at.end})
	}
	for label, base := range map[string]*item{"bn": &st.name, "bu": &st.unit, "bt": &st.time, "bv": &st.value, "bs": &st.sum} {
		if v, ok := r.fields[label]; ok {
			*base = v
		}
	}
	whole := item{start: r.start, end: r.end}
	if v, ok := r.fields["bver"]; ok {
		st.readVersion(v, problem)
	}
	n, named := r.fields["n"]
	name := st.name.text + n.text
	from := n
	if !named {
		from = st.name
	}
	values := 0
	for _, label := range []string{"v", "vs", "vb", "vd"} {
		if _, ok := r.fields[label]; ok {
			values++
		}
	}
	_, sum := r.fields["s"]
	baseOnly := values == 0 && !sum && !named && r.based()
	switch {
	case baseOnly:
	case name == "":
		problem(whole, "the record has no name (RFC 8428 §4.5.1)")
	default:
		if bad, at := badName(name); bad {
			problem(from, "the name has %s at character %d; letters, digits and - : . / _ are allowed, and a letter or digit first (RFC 8428 §4.5.1)", quoted(string(firstRune(name[at:]))), at+1)
		}
	}
	etch := isETCH(format)
	switch {
	case values > 1:
		problem(whole, "the record has %d values, where one is allowed (RFC 8428 §4.2)", values)
	case values == 0 && !sum && !baseOnly && !etch && len(r.problems) == 0 && st.value.end == 0 && st.sum.end == 0:
		problem(whole, "the record has neither a value nor a sum (RFC 8428 §4.2)")
	}
	cells = make([]Line, len(senmlColumns))
	cells[0] = Line{{cut(visible([]byte(name))), KindKey, from.start, from.end}}
	if baseOnly {
		cells[0] = append(cells[0], Span{" (base fields only)", KindComment, r.start, r.end})
		cells[6] = others(r)
		return cells, problems
	}
	cells[1] = st.valueCell(data, r, etch)
	unit, ok := r.fields["u"]
	if !ok {
		unit = st.unit
	}
	if unit.end > 0 && (len(cells[1]) > 0 || sum) {
		cells[2] = Line{{cut(visible([]byte(unitText(unit.text)))), KindLiteral, unit.start, unit.end}}
		if _, secondary := secondaryUnits[unit.text]; secondary && uint64(st.version)>>secondaryUnit&1 == 0 {
			problem(unit, "%s is a secondary unit, which needs bver 26 (RFC 9100 §4)", unit.text)
		}
	}
	if at, ok := r.fields["t"]; ok || st.time.end > 0 {
		if !ok {
			at = st.time
		}
		cells[3] = Line{{timeText(st.time.number + r.fields["t"].number), KindString, at.start, at.end}}
	}
	if s, ok := r.fields["s"]; ok || st.sum.end > 0 {
		if !ok {
			s = st.sum
		}
		cells[4] = Line{{numberText(st.sum.number + r.fields["s"].number), KindNumber, s.start, s.end}}
	}
	if ut, ok := r.fields["ut"]; ok {
		cells[5] = Line{{duration(ut.number), KindNumber, ut.start, ut.end}}
	}
	cells[6] = others(r)
	return cells, problems
}

func (r *senmlRecord) based() bool {
	for label := range r.fields {
		if label[0] == 'b' {
			return true
		}
	}
	return false
}

func others(r *senmlRecord) Line {
	if len(r.others) == 0 {
		return nil
	}
	return Line{{cut(visible([]byte(strings.Join(r.others, ", ")))), KindComment, r.start, r.end}}
}

// readVersion reports a version that must not be used: one that is larger than 10 and is not 10 with known features.
func (st *senmlState) readVersion(v item, problem func(at item, format string, args ...any)) {
	switch {
	case v.number != math.Trunc(v.number) || !(v.number >= 1 && v.number < 1<<53):
		problem(v, "bver is a whole number from 1 to 2^53-1 (RFC 9100 §2)")
		return
	case st.records > 1 && v.number != st.version:
		problem(v, "bver is %s, and %s before; all records have the same version (RFC 8428 §4.4)", numberText(v.number), numberText(st.version))
	case v.number < senmlVersion: // drafts had them; RFC 8428 §5.1 has 5 in an example
	case uint64(v.number)&15 != senmlVersion:
		problem(v, "version %s is not known; 10 is, and features above it (RFC 8428 §4.4, RFC 9100 §2)", numberText(v.number))
	case uint64(v.number)>>5 != 0:
		problem(v, "version %s has features that are not known: %s (RFC 9100 §2)", numberText(v.number), features(uint64(v.number)>>5<<5))
	}
	st.version = v.number
}

// valueCell shows the value with the base value added to it (RFC 8428 §4.5.4).
func (st *senmlState) valueCell(data []byte, r *senmlRecord, etch bool) Line {
	if v, ok := r.fields["v"]; ok {
		if v.form == nullForm {
			return Line{{"null", KindLiteral, v.start, v.end}}
		}
		text := numberText(st.value.number + v.number)
		if st.value.end == 0 && !v.integer && data[v.start]>>5 == 1 && v.end-v.start <= 24 { // JSON: as it is written
			text = string(data[v.start:v.end])
		}
		return Line{{text, KindNumber, v.start, v.end}}
	}
	if v, ok := r.fields["vs"]; ok {
		return Line{{cut(quoted(v.text)), KindString, v.start, v.end}}
	}
	if v, ok := r.fields["vb"]; ok {
		return Line{{strconv.FormatBool(v.truth), KindLiteral, v.start, v.end}}
	}
	if v, ok := r.fields["vd"]; ok {
		if v.form == bytesForm {
			shown := v.bytes[:min(len(v.bytes), maxCellWidth/2)]
			text := "h'" + hex.EncodeToString(shown) + "'"
			if len(shown) < len(v.bytes) {
				text += fmt.Sprintf("… %d bytes", len(v.bytes))
			}
			return Line{{text, KindString, v.start, v.end}}
		}
		return Line{{cut(quoted(v.text)), KindString, v.start, v.end}}
	}
	if st.value.end > 0 && !etch {
		if _, sum := r.fields["s"]; !sum {
			return Line{{numberText(st.value.number), KindNumber, st.value.start, st.value.end}}
		}
	}
	return nil
}

// badName gives the first character that a name must not have (RFC 8428 §4.5.1).
func badName(name string) (bad bool, at int) {
	for i := range len(name) {
		c := name[i]
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alphanumeric && (i == 0 || strings.IndexByte("-:./_", c) < 0) {
			return true, i
		}
	}
	return false, 0
}

// numberText gives a number without the noise that binary fractions have at their end.
func numberText(v float64) string {
	if a := math.Abs(v); a >= 1e15 || a != 0 && a < 1e-6 {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	s := strconv.FormatFloat(v, 'g', 15, 64)
	if strings.Contains(s, "e") {
		s = strconv.FormatFloat(v, 'f', -1, 64)
	}
	return s
}

// timeText gives a time: a date, or how far it is from now (RFC 8428 §4.5.3).
func timeText(t float64) string {
	switch {
	case t >= 253402300800 || math.IsNaN(t) || t < -1e12: // beyond year 9999
		return numberText(t) + " s"
	case t >= absoluteTime:
		whole := math.Floor(t)
		at := time.Unix(int64(whole), int64(math.Round((t-whole)*1e6))*1000).UTC()
		return at.Format("2006-01-02 15:04:05.999999 UTC")
	case t == 0:
		return "now"
	case t < 0:
		return "−" + duration(-t)
	}
	return "+" + duration(t)
}

// duration gives seconds in the units that people count in.
func duration(s float64) string {
	if s < 60 || s >= 1e12 || math.IsNaN(s) {
		return numberText(math.Round(s*1e6)/1e6) + " s"
	}
	var parts []string
	for _, u := range []struct {
		seconds float64
		name    string
	}{{86400, " d"}, {3600, " h"}, {60, " min"}} {
		if n := math.Floor(s / u.seconds); n > 0 {
			parts = append(parts, numberText(n)+u.name)
			s -= n * u.seconds
		}
	}
	if s = math.Round(s*1e6) / 1e6; s > 0 {
		parts = append(parts, numberText(s)+" s")
	}
	return strings.Join(parts, " ")
}

func cut(s string) string { return string(clipText([]byte(s))) }

func count(n int, what string) string { return strconv.Itoa(n) + " " + what + plural(n) }

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// checkSenML says where a pack is none; its records are for the view to judge.
func checkSenML(format int, data []byte) string {
	s := &scan{data: data, cbor: familyOf(format) == cborItem}
	if _, ok := s.enter(listForm); ok {
		return ""
	}
	return fmt.Sprintf("byte %d: a SenML pack is an array of records (RFC 8428 §4)", s.pos)
}

// sniffSenML recognises a pack by its first record, which has to have a name, a value and nothing that SenML does not have.
func sniffSenML(data []byte) rank {
	at := skipSpace(data, 0)
	if at == len(data) || data[at] != '[' && data[0]>>5 != majorArray {
		return never
	}
	s := &scan{data: data, cbor: data[at] != '['}
	c, ok := s.enter(listForm)
	if !ok || !s.more(&c) {
		return never
	}
	r, ok := s.senmlRecord()
	if !ok || s.err != nil || len(r.problems) > 0 || len(r.others) > 0 {
		return never
	}
	has := func(labels ...string) bool {
		return slices.ContainsFunc(labels, func(l string) bool { _, ok := r.fields[l]; return ok })
	}
	if !has("n", "bn") || !has("v", "vs", "vb", "vd", "s") {
		return never
	}
	if s.cbor && !fits(cborItem, data) || !s.cbor && !fits(jsonText, data) {
		return never
	}
	return special
}
