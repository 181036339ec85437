// Functions hot enough to be compiled, and the libraries in native code.
function fib(n){return n<2?n:fib(n-1)+fib(n-2)}
function sieve(n){const a=new Uint8Array(n+1);let c=0;for(let i=2;i<=n;i++){if(!a[i]){c++;for(let j=i*2;j<=n;j+=i)a[j]=1}}return c}
function strs(){let m=new Map();for(let i=0;i<60000;i++){const k='k'+(i%977);m.set(k,(m.get(k)||0)+i)}let s=0;for(const [k,v] of m)s+=v;return s}
function json(){const o=[];for(let i=0;i<3000;i++)o.push({id:i,name:'n'+i,v:[i,i*2,i/3]});let s=JSON.stringify(o);let q=JSON.parse(s);return s.length+q.length}
function floats(){let s=0;for(let i=1;i<800000;i++)s+=Math.sqrt(i)/(i+0.5);return s.toFixed(6)}
function sortit(){const a=[];let x=12345;for(let i=0;i<60000;i++){x=(x*1103515245+12345)&0x7fffffff;a.push(x)}a.sort((p,q)=>p-q);return a[30000]}
function re(){let s='abc123def456'.repeat(2000);return s.replace(/[0-9]+/g,m=>String(+m+1)).length}
const crypto=require('crypto');const zlib=require('zlib');
// Code that is made, run and forgotten.
let made=0;for(let i=0;i<400;i++){const f=new Function('a',`let s=0;for(let j=0;j<200;j++)s=(s*31+a+${i})|0;return s`);for(let k=0;k<5;k++)made=(made+f(k))|0}
console.log(made);
console.log(fib(25),sieve(400000),strs(),json(),floats(),sortit(),re(),crypto.createHash('sha256').update('x'.repeat(1e6)).digest('hex'),zlib.gunzipSync(zlib.gzipSync('hello world '.repeat(20000))).length);
