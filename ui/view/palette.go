package view

import (
	"cmp"
	"slices"
	"strings"

	"coapscope/discovery"
)

// PaletteRow is something that can be done or gone to.
type PaletteRow struct {
	Title string
	Marks []int  // letters of Title that were looked for, as runes
	Where string // the menu of a command, or what else the row is
	Key   string
	Why   string // why it cannot be done just now; empty where it can
	// Command tells that it is one, with a key or without.
	Command bool

	do    func()
	match int // how well the letters are in the title
	score int
}

// Palette finds commands, and tabs, devices, resources, groups and kept requests to go to, by a few letters.
type Palette struct {
	bench *Workbench
	text  string
	rows  []PaletteRow
}

// NewPalette makes the palette of a workbench.
func NewPalette(bench *Workbench) *Palette { return &Palette{bench: bench} }

// paletteRows is how many rows are shown at most.
const paletteRows = 100

// Text is what is looked for.
func (p *Palette) Text() string { return p.text }

// Rows gives what was found, the best first.
func (p *Palette) Rows() []PaletteRow { return p.rows }

// SetText looks for something. Without a text there are all commands, those first that were used lately, and the open tabs.
func (p *Palette) SetText(text string) {
	p.text, p.rows = text, nil
	p.commands()
	p.tabs()
	if strings.TrimSpace(text) == "" {
		return
	}
	p.resources()
	p.kept()
	best := 0
	for _, r := range p.rows {
		best = max(best, r.match)
	}
	// Beside a good one, those whose letters are scattered are in the way.
	p.rows = slices.DeleteFunc(p.rows, func(r PaletteRow) bool { return r.match < best*3/5 })
	slices.SortStableFunc(p.rows, func(a, b PaletteRow) int { return cmp.Compare(b.score, a.score) })
	p.rows = p.rows[:min(len(p.rows), paletteRows-1)]
	p.rows = append(p.rows, PaletteRow{Title: "Filter packets: " + text, Where: "Packets", do: func() {
		p.bench.SetFilter(text)
		p.bench.Commands.Do(CmdPackets)
	}})
}

// Do does a row. What cannot be done tells why.
func (p *Palette) Do(row int) {
	if row >= 0 && row < len(p.rows) {
		p.rows[row].do()
	}
}

// usedLately is what a command gains by having been used, less one for each after it: more than one word's beginning is worth.
const usedLately = 14

// look adds a row where its title has what is looked for.
func (p *Palette) look(row PaletteRow, more int) {
	score, marks, ok := Fuzzy(p.text, row.Title)
	if ok {
		row.match, row.score, row.Marks = score, score+more, marks
		p.rows = append(p.rows, row)
	}
}

func (p *Palette) commands() {
	commands := p.bench.Commands
	used := commands.Used()
	ordered := make([]*Command, 0, len(commands.All()))
	for _, id := range used {
		ordered = append(ordered, commands.At(id))
	}
	for i := range commands.All() {
		if c := &commands.All()[i]; !slices.Contains(used, c.ID) && c.ID != CmdPalette {
			ordered = append(ordered, c)
		}
	}
	for i, c := range ordered {
		more := 2 // of equals, commands come first
		if i < len(used) {
			more += usedLately - i
		}
		why := c.Why()
		if why != "" {
			more -= usedLately
		}
		p.look(PaletteRow{
			Command: true, Title: c.Title, Where: c.Menu, Key: c.KeyText(), Why: why, do: func() { commands.Use(c.ID) },
		}, more)
	}
}

func (p *Palette) tabs() {
	if len(p.bench.Tabs) < 2 {
		return
	}
	for _, t := range p.bench.Tabs {
		p.look(PaletteRow{Title: p.bench.Title(t), Where: "Open tab", do: func() { p.bench.SelectTab(t.ID) }}, 1)
	}
}

// kept adds the groups, and the requests of collections.
func (p *Palette) kept() {
	w := p.bench
	for i := range w.Groups.All {
		name := w.Groups.All[i].Name
		p.look(PaletteRow{Title: name, Where: "Group", do: func() { w.OpenGroup(name) }}, 0)
	}
	for folder, file := range w.Collections.files() {
		if file.Err == nil {
			p.look(PaletteRow{Title: MethodText(file.Method) + " " + file.Name, Where: folder.Name, do: func() { w.Collections.OpenFile(file.Path) }}, 0)
		}
	}
}

func (p *Palette) resources() {
	w := p.bench
	for _, d := range w.known.All() {
		p.look(PaletteRow{Title: d.Name, Where: discovery.EndpointText(d.Endpoint), do: func() { w.SelectRow(rowID(d.Endpoint, "")) }}, 0)
		for n := range resourcesOf(d.Tree) {
			row := PaletteRow{Title: d.Name + n.ID, Where: n.Title(), do: func() {
				if id, ok := w.Devices.RowOf(d.Endpoint, n.ID); ok {
					w.SelectRow(id)
				}
			}}
			if row.Where == "" {
				row.Where = "Resource"
			}
			p.look(row, 0)
		}
	}
}
