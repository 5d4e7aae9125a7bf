package keep

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"coapscope/protocol"
)

// Group is a named group of endpoints: those that listen at a multicast address (RFC 7252 §8), or a list of members.
type Group struct {
	Name string

	// Multicast is where the members listen, without a zone; not valid for a list of members.
	Multicast  netip.AddrPort
	Interfaces []string // by which it is reached, by name; empty for those that devices are looked for by
	HopLimit   int      // 1 to 255 links; 0 for what the scope of the address asks for
	// Rate is how many bytes of answers a second the network of the group can take: R of RFC 7252 §8.2; 0 where that
	// is not known.
	Rate int

	// Members are addresses, hosts, or names of devices, as they were written. Of a multicast address they are those
	// that are expected to answer.
	Members []string
}

// Clone gives a copy that shares no memory.
func (g Group) Clone() Group {
	g.Interfaces, g.Members = slices.Clone(g.Interfaces), slices.Clone(g.Members)
	return g
}

// Equal tells whether two groups are the same in every part.
func (g *Group) Equal(o *Group) bool {
	return g.Name == o.Name && g.Multicast == o.Multicast && g.HopLimit == o.HopLimit && g.Rate == o.Rate &&
		slices.Equal(g.Interfaces, o.Interfaces) && slices.Equal(g.Members, o.Members)
}

// IsMulticast tells whether the group is a multicast address.
func (g *Group) IsMulticast() bool { return g.Multicast.IsValid() }

// groupExtension is how the names of the files of groups end.
const groupExtension = ".toml"

// Bounds of a group.
const (
	maxHops    = 255
	maxRate    = 1 << 30
	maxMembers = 10_000
)

// ParseMulticast reads a multicast address with or without a port. A zone is the interface by which it is reached.
func ParseMulticast(text string) (group netip.AddrPort, zone string, err error) {
	text = strings.TrimSpace(text)
	group, err = netip.ParseAddrPort(text)
	if err != nil {
		var addr netip.Addr
		if addr, err = netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err != nil {
			return netip.AddrPort{}, "", fmt.Errorf("%q is no address: write one such as 224.0.1.187 or [ff02::fd]:5683", text)
		}
		group = netip.AddrPortFrom(addr, protocol.Port)
	}
	addr := group.Addr().Unmap()
	zone = addr.Zone()
	switch addr = addr.WithZone(""); {
	case !addr.IsMulticast():
		return netip.AddrPort{}, "", fmt.Errorf("%s is no multicast address: those begin with 224 to 239, or ff (RFC 5771, RFC 4291 §2.7)", addr)
	case group.Port() == 0:
		return netip.AddrPort{}, "", errors.New("port 0 is no port; CoAP's is 5683")
	}
	return netip.AddrPortFrom(addr, group.Port()), zone, nil
}

// Check says what is wrong with a group; nil for nothing.
func (g *Group) Check() error {
	if err := CheckName(g.Name); err != nil {
		return err
	}
	switch {
	case g.Multicast.IsValid() && (!g.Multicast.Addr().IsMulticast() || g.Multicast.Addr().Zone() != "" || g.Multicast.Addr().Is4In6() || g.Multicast.Port() == 0):
		return fmt.Errorf("%s is no multicast address with a port", g.Multicast)
	case !g.Multicast.IsValid() && (len(g.Interfaces) > 0 || g.HopLimit != 0 || g.Rate != 0):
		return errors.New("interfaces, hop limit and rate are for a multicast address only")
	case g.HopLimit < 0 || g.HopLimit > maxHops:
		return fmt.Errorf("hop limit %d: it is from 1 to %d, or left out", g.HopLimit, maxHops)
	case g.Rate < 0 || g.Rate > maxRate:
		return fmt.Errorf("%d bytes a second: write 1 to %d, or leave it out", g.Rate, maxRate)
	case len(g.Members) > maxMembers:
		return fmt.Errorf("%d members, of at most %d", len(g.Members), maxMembers)
	}
	for _, lists := range [][]string{g.Interfaces, g.Members} {
		for _, text := range lists {
			if err := checkWord(text); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkWord tells what keeps a text from being the name of an interface, or a member.
func checkWord(text string) error {
	switch {
	case text == "" || text != strings.TrimSpace(text):
		return fmt.Errorf("%q: nothing, or blanks around it, are no name", text)
	case len(text) > maxName*2 || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return fmt.Errorf("%.40q is no name of an endpoint or an interface", text)
	}
	return nil
}

// WriteGroup gives the file of a group. The comments of old stay; old may be nil.
func WriteGroup(g *Group, old []byte) []byte {
	before, _ := parse(old)
	w := newDocWriter(before)
	if g.IsMulticast() {
		w.set("multicast", lineText(g.Multicast.String()))
	}
	if len(g.Interfaces) > 0 {
		w.setList("interfaces", g.Interfaces)
	}
	if g.HopLimit != 0 {
		w.set("hop-limit", strconv.Itoa(g.HopLimit))
	}
	if g.Rate != 0 {
		w.set("rate", strconv.Itoa(g.Rate))
	}
	if len(g.Members) > 0 {
		w.setList("members", g.Members)
	}
	return w.finish()
}

// ReadGroup reads the file of a group. The error is a *[SyntaxError].
func ReadGroup(name string, text []byte) (Group, error) {
	g := Group{Name: name}
	doc, err := parse(text)
	if err != nil {
		return g, err
	}
	for _, s := range doc.statements {
		if err := g.read(&s); err != nil {
			return Group{Name: name}, err
		}
	}
	if err := g.Check(); err != nil {
		return Group{Name: name}, &SyntaxError{1, "", err.Error()}
	}
	return g, nil
}

func (g *Group) read(s *statement) error {
	fail := func(problem string) error { return &SyntaxError{s.line, s.key, problem} }
	list := func() (texts []string, err error) {
		all, ok := s.value.([]element)
		if !ok {
			return nil, fail("a list of texts is expected")
		}
		for _, e := range all {
			if e.line < 0 {
				continue
			}
			if err := checkWord(e.text); err != nil {
				return nil, &SyntaxError{e.line, s.key, err.Error()}
			}
			texts = append(texts, e.text)
		}
		return texts, nil
	}
	count := func(most int) (int, error) {
		digits, ok := s.value.(number)
		n, err := strconv.Atoi(strings.ReplaceAll(string(digits), "_", ""))
		if !ok || err != nil || n < 1 || n > most {
			return 0, fail(fmt.Sprintf("a number from 1 to %d is expected, without quotes", most))
		}
		return n, nil
	}
	if s.table != "" {
		return &SyntaxError{s.line, s.table, "there is no table in the file of a group"}
	}
	var err error
	switch s.key {
	case "multicast":
		text, ok := s.value.(string)
		if !ok {
			return fail("a text in quotes is expected")
		}
		var zone string
		if g.Multicast, zone, err = ParseMulticast(text); err != nil {
			return fail(err.Error())
		}
		if zone != "" {
			return fail("the zone " + zone + " is the name of an interface: write it into the list of interfaces")
		}
	case "interfaces":
		g.Interfaces, err = list()
	case "hop-limit":
		g.HopLimit, err = count(maxHops)
	case "rate":
		g.Rate, err = count(maxRate)
	case "members":
		g.Members, err = list()
	default:
		return fail(`a group has "multicast", "interfaces", "hop-limit", "rate" and "members", and nothing else`)
	}
	return err
}

// Groups gives the groups by name, each of a file of the folder "groups". Of those that cannot be read the error tells;
// they stay as they are.
func (s *Store) Groups() ([]Group, error) {
	if !s.Kept() {
		return nil, nil
	}
	folder := s.groupFolder()
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all []Group
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), groupExtension)
		if !ok || entry.IsDir() || CheckName(name) != nil {
			continue
		}
		text, readErr := readBounded(filepath.Join(folder, entry.Name()))
		var g Group
		if readErr == nil {
			g, readErr = ReadGroup(name, text)
		}
		if readErr != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", entry.Name(), readErr))
			continue
		}
		all = append(all, g)
	}
	return all, err
}

// SaveGroup writes a group. One that had another name before, which was, is renamed; was may be empty. A file that cannot
// be read is not replaced.
func (s *Store) SaveGroup(g *Group, was string) error {
	if err := g.Check(); err != nil {
		return err
	}
	path := s.groupFile(g.Name)
	from := path
	if was != "" {
		from = s.groupFile(was)
	}
	old, err := readBounded(from)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if from != path { // another group may have the name, but one that differs in case alone may be the same file
		there, err := os.Lstat(path)
		here, _ := os.Lstat(from)
		if err == nil && (here == nil || !os.SameFile(here, there)) {
			return &ExistsError{path}
		}
	}
	if len(old) > 0 {
		if _, err := ReadGroup(g.Name, old); err != nil {
			return fmt.Errorf("%s is there already and cannot be read, so that it is not replaced: %w", from, err)
		}
	}
	if err := replaceFile(path, WriteGroup(g, old), 0o644); err != nil {
		return err
	}
	if from != path {
		there, _ := os.Lstat(path)
		if here, err := os.Lstat(from); err == nil && !os.SameFile(here, there) {
			return os.Remove(from)
		}
	}
	return nil
}

// DeleteGroup deletes the file of a group.
func (s *Store) DeleteGroup(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if err := os.Remove(s.groupFile(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (s *Store) groupFolder() string { return filepath.Join(s.places.Data, "groups") }

func (s *Store) groupFile(name string) string {
	return filepath.Join(s.groupFolder(), name+groupExtension)
}
