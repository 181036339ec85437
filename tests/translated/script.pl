use strict;
use warnings;

# Hashes, patterns, formats, sorting, processes.
my %count;
$count{length $_}++ for map { $_ x ($_ % 13 + 1) } 1 .. 3000;
print join(", ", map { "$_: $count{$_}" } sort { $a <=> $b } keys %count), "\n";
my $text = join " ", map { sprintf "w%03d", $_ * 7919 % 1000 } 1 .. 2000;
my @found = $text =~ /\b(w(\d)\2\d)\b/g;
print scalar(@found), " $found[0] $found[-2]\n";
(my $changed = $text) =~ s/w(\d+)/<$1>/g;
print substr($changed, 0, 30), " ", $changed =~ tr/<//, "\n";
printf "%.10g %e %s %d\n", 1 / 3, 6.02e23, 2**53 + 1, -7 / 2;
print join(" ", map { $_->[0] } sort { $a->[1] <=> $b->[1] || $a->[0] <=> $b->[0] } map { [ $_, $_ * 31 % 10 ] } 1 .. 20), "\n";
pipe my $read, my $write or die;
my $pid = fork // die;
if (!$pid) { close $read; print $write "from the child\n"; close $write; exit 4 }
close $write;
print <$read>;
waitpid $pid, 0;
print "status ", $? >> 8, "\n";
print `echo shell; exit 2`, $? >> 8, "\n";
local $SIG{ALRM} = sub { die "time is up\n" };
eval { alarm 1; 1 while 1 };
print $@;
my @primes = grep { my $n = $_; $n > 1 && !grep { $n % $_ == 0 } 2 .. sqrt $n } 1 .. 2000;
print scalar(@primes), " $primes[-1]\n";
print unpack("H*", pack "d> N w/a", 3.14159, 0xdeadbeef, "text"), "\n";
