package view

import (
	"runtime"
	"slices"
	"strings"
)

// CommandID names a command.
type CommandID string

// The commands. What each is called, does, and when, says the table that the window is made with.
const (
	CmdOpen         CommandID = "open"
	CmdSave         CommandID = "save"
	CmdRecord       CommandID = "record"
	CmdRecordTo     CommandID = "record-to"
	CmdPaste        CommandID = "paste"
	CmdNames        CommandID = "names"
	CmdCloseTab     CommandID = "close-tab"
	CmdReopenTab    CommandID = "reopen-tab"
	CmdNewTab       CommandID = "new-tab"
	CmdNextTab      CommandID = "next-tab"
	CmdPreviousTab  CommandID = "previous-tab"
	CmdSend         CommandID = "send"
	CmdRepeat       CommandID = "repeat"
	CmdMany         CommandID = "many"
	CmdObserve      CommandID = "observe"
	CmdObserveAll   CommandID = "observe-all"
	CmdCode         CommandID = "code"
	CmdAddOption    CommandID = "add-option"
	CmdPayload      CommandID = "payload"
	CmdMessage      CommandID = "message"
	CmdRaw          CommandID = "raw"
	CmdDraftBits    CommandID = "draft-bits"
	CmdSaveRequest  CommandID = "save-request"
	CmdSaveAs       CommandID = "save-request-as"
	CmdVariables    CommandID = "variables"
	CmdCancel       CommandID = "cancel"
	CmdEdit         CommandID = "edit"
	CmdUndo         CommandID = "undo"
	CmdRedo         CommandID = "redo"
	CmdRevert       CommandID = "revert"
	CmdSendCopy     CommandID = "send-copy"
	CmdReport       CommandID = "report"
	CmdWhy          CommandID = "why"
	CmdDiscover     CommandID = "discover"
	CmdSearch       CommandID = "search"
	CmdAddDevice    CommandID = "add-device"
	CmdNewGroup     CommandID = "new-group"
	CmdToGroup      CommandID = "to-group"
	CmdLab          CommandID = "lab"
	CmdFaults       CommandID = "faults"
	CmdDirectory    CommandID = "directory"
	CmdCapability   CommandID = "capability"
	CmdByPath       CommandID = "by-path"
	CmdByDevice     CommandID = "by-device"
	CmdByType       CommandID = "by-type"
	CmdByInterface  CommandID = "by-interface"
	CmdFlat         CommandID = "flat"
	CmdUnfoldAll    CommandID = "unfold-all"
	CmdFoldAll      CommandID = "fold-all"
	CmdReadValues   CommandID = "read-values"
	CmdReadAll      CommandID = "read-all-values"
	CmdReadLinks    CommandID = "read-links"
	CmdForgetLost   CommandID = "forget-lost"
	CmdPalette      CommandID = "palette"
	CmdKeys         CommandID = "keys"
	CmdAddress      CommandID = "address"
	CmdPackets      CommandID = "packets"
	CmdFindings     CommandID = "findings"
	CmdLadder       CommandID = "ladder"
	CmdExchanges    CommandID = "exchanges"
	CmdWatch        CommandID = "watch"
	CmdFilter       CommandID = "filter"
	CmdDeviceFilter CommandID = "device-filter"
	CmdFoldDevices  CommandID = "fold-devices"
	CmdFoldInspect  CommandID = "fold-inspector"
	CmdCompare      CommandID = "compare"
	CmdComparePin   CommandID = "compare-pinned"
	CmdHistory      CommandID = "history"
	CmdLarger       CommandID = "larger"
	CmdSmaller      CommandID = "smaller"
	CmdNormalSize   CommandID = "normal-size"
	CmdTheme        CommandID = "theme"
)

// Command is something that the user can have done: from the menu, the palette, by a key, or with a button. All of them take it
// from here, so that what it is called, does and when is said once.
type Command struct {
	ID    CommandID
	Menu  string // that it is in
	Title string // there, and in the palette
	// Key does it: "Ctrl+Shift+D". Without Ctrl or another modifier it is for the window only where nothing else is open.
	// Empty for none.
	Key string
	// Also are further keys.
	Also []string
	// Help is a sentence on what it does, for tooltips.
	Help string
	// When says why it cannot be done just now, or "" where it can; nil for always.
	When func() string
	Do   func()
}

// Why says why the command cannot be done just now; "" where it can.
func (c *Command) Why() string {
	if c.When == nil {
		return ""
	}
	return c.When()
}

// KeyText is the key as it is written on the keyboard of this system; "" for none.
func (c *Command) KeyText() string { return KeyText(c.Key) }

// KeyText writes a key as it is on the keyboard of this system.
func KeyText(key string) string { return keyText(key, runtime.GOOS) }

func keyText(key, system string) string {
	if system == "darwin" {
		return strings.ReplaceAll(key, "Ctrl+", "Cmd+")
	}
	return key
}

// Hint is what a button says of the command that it does.
func (c *Command) Hint() string {
	switch {
	case c.Help == "":
		return ""
	case c.Key == "":
		return c.Help
	}
	return c.Help + " (" + c.KeyText() + ")"
}

// Commands are all commands, in the order of the menus. Nil are none, as for a panel without a window.
type Commands struct {
	list []Command
	at   map[CommandID]*Command
	used []CommandID // the latest first
	say  func(Concept, string, ...any)
}

// NewCommands makes the commands of a table. say tells the user why one cannot be done.
func NewCommands(table []Command, say func(Concept, string, ...any)) *Commands {
	c := &Commands{list: table, at: make(map[CommandID]*Command, len(table)), say: say}
	for i := range table {
		c.at[table[i].ID] = &table[i]
	}
	return c
}

// All gives the commands in the order of the menus. They must not be changed.
func (c *Commands) All() []Command {
	if c == nil {
		return nil
	}
	return c.list
}

// Menus gives the names of the menus, in order.
func (c *Commands) Menus() (names []string) {
	for _, command := range c.All() {
		if !slices.Contains(names, command.Menu) {
			names = append(names, command.Menu)
		}
	}
	return names
}

// At gives a command; an empty one where there is none.
func (c *Commands) At(id CommandID) *Command {
	if c != nil && c.at[id] != nil {
		return c.at[id]
	}
	return &Command{ID: id}
}

// Hint is what a button says of the command that it does.
func (c *Commands) Hint(id CommandID) string { return c.At(id).Hint() }

// KeyText is the key of a command as it is written on the keyboard of this system; "" for none.
func (c *Commands) KeyText(id CommandID) string { return c.At(id).KeyText() }

// Doing gives a function that does a command, for a button.
func (c *Commands) Doing(id CommandID) func() { return func() { c.Do(id) } }

// Do does a command, or tells the user why it cannot be done.
func (c *Commands) Do(id CommandID) {
	command := c.At(id)
	if command.Do == nil {
		return
	}
	if why := command.Why(); why != "" {
		c.say(Warning, "%s: %s", strings.TrimSuffix(command.Title, " …"), why)
		return
	}
	command.Do()
}

// maxUsed is how many commands are remembered as used lately.
const maxUsed = 8

// Use does a command that was chosen by its name, and remembers that.
func (c *Commands) Use(id CommandID) {
	if c == nil || c.at[id] == nil {
		return
	}
	if c.at[id].Why() == "" {
		c.used = slices.DeleteFunc(c.used, func(u CommandID) bool { return u == id })
		c.used = slices.Insert(c.used, 0, id)
		c.used = c.used[:min(len(c.used), maxUsed)]
	}
	c.Do(id)
}

// Used gives the commands that were chosen by their names, the latest first.
func (c *Commands) Used() []CommandID {
	if c == nil {
		return nil
	}
	return c.used
}

// SetUsed restores what [Commands.Used] gave in an earlier run. What is no command any more is left out.
func (c *Commands) SetUsed(ids []string) {
	c.used = nil
	for _, id := range ids {
		if c.at[CommandID(id)] != nil && len(c.used) < maxUsed {
			c.used = append(c.used, CommandID(id))
		}
	}
}
