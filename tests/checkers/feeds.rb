# What Ruby's own library of feeds says of RSS 2.0 and Atom: elements that are missing, too many, unknown or in the wrong
# place, and values that are none.
#
#     ruby feeds.rb FILE...
#
# Prints JSON: [[file, what], ...].

require "json"
require "rss"

found = []
ARGV.each do |name|
  parser = RSS::Parser.new(File.read(name, encoding: "UTF-8"))
  parser.do_validate = true
  parser.ignore_unknown_element = false
  feed = parser.parse
  if feed.nil?
    found << [name, "This is no feed."]
  else
    feed.validate
  end
rescue RSS::Error => e
  found << [name, "#{e.class}: #{e.message}"]
end
puts JSON.generate(found)
